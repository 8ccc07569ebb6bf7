/** `ao rebuild`: processor and sink beside the living ones, over a copy of the topics; shown, swapped on a word, and taken back. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { config as processorConfig, rulesOf } from '../../processors/epoch-roots/config.ts';
import { loadConfig } from '../../runtime/config.ts';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { confirmWord } from '../confirm.ts';
import { printJson, printLine } from '../print.ts';
import { compareBoth, report } from '../rebuild/compare.ts';
import { keptName } from '../rebuild/note.ts';
import { withPlaces } from '../rebuild/places.ts';
import { dropSide, makeSide, refuseUsed } from '../rebuild/run.ts';
import { recordsOf, TAKEN_IN } from '../rebuild/side.ts';
import { back, drop, planned, swap } from '../rebuild/swap.ts';

interface RebuildOptions {
  name: string;
  keep?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

interface SwapOptions {
  name: string;
  evenPublished?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

export function addRebuildCommand(program: Command): void {
  const named = (): Option =>
    new Option('--name <name>', 'of the schema, and before the dot of the namespace, that are made for it')
      .argParser(sideName)
      .default('rebuild');
  const rebuildCommand = program
    .command('rebuild')
    .description(
      'run processor and sink beside the living ones, on a copy of the topics under another namespace and schema, and show which roots and rows would be others; changes nothing; status 1 when one would, 3 when one cannot be told',
    )
    .addOption(named())
    .option('--keep', 'leave topics and tables of the side there, to be looked at, or to be swapped')
    .option('--dry-run', 'say what would be copied and where to, and do nothing')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nThe side works by the variables of the environment: with other rules it shows what they would change. Ctrl-C at any time leaves the living deployment as it is.\n\nExamples:\n  ao rebuild --dry-run\n  ao rebuild --keep, then ao rebuild swap\n  ROOT_ODD_NODE=promote ao rebuild --name promote --json',
    )
    .action((options: RebuildOptions) => rebuild(options));
  rebuildCommand
    .command('swap')
    .description('put what was rebuilt, and kept, in the place of the living tables; ao rebuild back undoes it')
    .addOption(named())
    .option('--even-published', 'also where roots would be others that are on chain, or may be')
    .option('--dry-run', 'say what would be swapped and what forbids it, and do nothing; status 1 where something does')
    .option('--yes', 'do not ask')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExamples:\n  ao rebuild swap --dry-run\n  ao rebuild swap --name promote --yes')
    .action((_: unknown, command: Command) => swapIn(command.optsWithGlobals()));
  rebuildCommand
    .command('back')
    .description('the former tables again, as they were when they were swapped; the sink reads on from there')
    .option('--yes', 'do not ask')
    .addOption(named())
    .addHelpText('after', '\nExample:\n  ao rebuild back')
    .action((_: unknown, command: Command) => takeBack(command.optsWithGlobals()));
  rebuildCommand
    .command('drop')
    .description('take away a rebuild, or, after a swap, the former tables')
    .addOption(named())
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  ao rebuild drop --name promote')
    .action((_: unknown, command: Command) => takeAway(command.optsWithGlobals()));
}

function sideName(text: string): string {
  if (/^[a-z_][a-z0-9_]{0,40}$/.test(text)) return text;
  throw new InvalidArgumentError('a name is of lower-case letters, digits and _, and begins with none of the digits');
}

const rulesNow = () => rulesOf(loadConfig(processorConfig, process.env));

async function rebuild({ name, keep, dryRun, json }: RebuildOptions): Promise<void> {
  const rules = rulesNow();
  const place = { namespace: `${name}.`, schema: name };
  await withPlaces(name, async (places) => {
    const records = await recordsOf(places.living, TAKEN_IN);
    if (dryRun === true) {
      const text = `About ${records} records would be copied into namespace ${name}. and taken in into schema ${name}; nothing was.`;
      return json === true ? printJson({ dryRun: true, records, ...place }) : printLine(text);
    }
    await refuseUsed(places);
    process.stderr.write(`ao: copying about ${records} records into namespace ${name}.\n`);
    let isWhole = false;
    try {
      const ends = await makeSide(places, rules);
      report(await compareBoth(places, ends), place, json);
      isWhole = true;
    } finally {
      if (keep !== true || !isWhole)
        await dropSide(places).catch((error: unknown) => {
          process.stderr.write(`ao: what was made for ${name} is left there (ao rebuild drop): ${messageOf(error)}\n`);
        });
    }
    if (keep === true && json !== true)
      printLine(
        `It is kept: \`ao rebuild swap --name ${name}\` puts it in the place of the living tables, \`ao rebuild drop\` ends it.`,
      );
  });
}

async function swapIn({ name, evenPublished, dryRun, yes, json }: SwapOptions): Promise<void> {
  await withPlaces(name, async (places) => {
    const found = await planned(places, evenPublished === true);
    const { plan, comparison } = found;
    const { form, changed, gone, onChain, refusals } = plan;
    const rows = comparison.rows.length;
    const isHeld = refusals.length > 0;
    if (dryRun === true || json !== true)
      printPlan({ form, changedRoots: changed, goneRoots: gone, onChain: onChain.length, rows, refusals }, json);
    if (dryRun === true) {
      process.exitCode = isHeld ? 1 : 0;
      return;
    }
    if (isHeld) throw new AppError('ARGUMENT_INVALID', `Nothing was swapped: ${refusals.join(' ')}`);
    const question = `Put it in the place of schema ${places.livingSchema}?`;
    if (yes !== true && !(await confirmWord(question, places.livingSchema))) return;
    await swap(places, found, rulesNow());
    if (json === true) return printJson({ swapped: true, form, changedRoots: changed, goneRoots: gone, rows });
    printLine(
      `Swapped: the former tables are schema ${keptName(places.livingSchema)}; \`ao rebuild back --name ${name}\` undoes it.`,
    );
    printLine(
      form === 'tables'
        ? 'Start the sink, the gateway and settlement: the sink reads on where the copy ended.'
        : `Now set KAFKA_NAMESPACE=${name}. for every role, then start them: the former topics stay as they are.`,
    );
  });
}

interface ShownPlan {
  readonly form: string;
  readonly changedRoots: number;
  readonly goneRoots: number;
  readonly onChain: number;
  readonly rows: number;
  readonly refusals: readonly string[];
}

function printPlan(plan: ShownPlan, json: boolean | undefined): void {
  if (json === true) return printJson(plan);
  const { form, changedRoots, goneRoots, onChain, rows, refusals } = plan;
  const what =
    form === 'tables' ? 'the tables alone; the topics stay' : 'the tables, and the topics that the roles work on';
  printLine(`It takes over ${what}.`);
  printLine(
    `${changedRoots} roots changed, ${goneRoots} gone, ${onChain} of them on chain or perhaps; ${rows} rows of claims others.`,
  );
  for (const refusal of refusals) printLine(`Held: ${refusal}`);
}

async function takeBack({ name, yes }: SwapOptions): Promise<void> {
  await withPlaces(
    name,
    async (places) => {
      if (
        yes !== true &&
        !(await confirmWord(`The former tables again as ${places.livingSchema}?`, places.livingSchema))
      )
        return;
      const { form, namespace } = await back(places);
      printLine(`The former tables are schema ${places.livingSchema} again; what was rebuilt is schema ${name}.`);
      if (form === 'topics') printLine(`Now set KAFKA_NAMESPACE=${namespace} for every role, then start them.`);
    },
    'may be the living one',
  );
}

async function takeAway({ name, yes }: SwapOptions): Promise<void> {
  await withPlaces(
    name,
    async (places) => {
      if (yes !== true && !(await confirmWord(`Take away what is left of rebuild ${name}?`, name))) return;
      printLine(await drop(places));
    },
    'may be the living one',
  );
}
