/** `ao cutover`: from the legacy system to this one and back, phase by phase. */

import { Argument, type Command } from 'commander';
import { z } from 'zod';
import { loadConfig, postgresConfig } from '../../runtime/config.ts';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { createPool } from '../../runtime/postgres/pool.ts';
import { type Gate, judgeGates, stepsLeft, type Toward } from '../../transition/core/cutover.ts';
import { type CutoverParts, findFacts } from '../cutover/facts.ts';
import { readPlan } from '../cutover/plan.ts';
import { adoptState, alone, append, arrive, noteStep, readLog, readState, setOut } from '../cutover/state.ts';
import { doStep } from '../cutover/steps.ts';
import { printJson, printLine, printTable } from '../print.ts';

interface CutoverOptions {
  plan: string;
  json?: boolean;
}

export function addCutoverCommand(program: Command): void {
  const cutover = program
    .command('cutover')
    .description('from the legacy system to this one and back: phases 1 to 3, each with its gates');
  const add = (name: string, description: string, example: string): Command =>
    cutover
      .command(name)
      .description(description)
      .option('--plan <file>', 'what it works on; transition/README.md shows one', 'cutover.json')
      .option('--json', 'JSON')
      .addHelpText('after', `\nExample:\n  ao cutover ${example}`);
  const phase = (): Argument => new Argument('<phase>', 'to which phase').choices(['1', '2', '3']);
  add('check', 'judge the gates of a phase; status 1 when one is not passed', 'check 2 --plan cutover.json')
    .addArgument(phase())
    .action(check);
  add('sign', 'record who answers for going on', 'sign 2 --by "Ada L." --why "parity for a week"')
    .addArgument(phase())
    .requiredOption('--by <name>', 'who signs')
    .requiredOption('--why <text>', 'on what grounds')
    .action(sign);
  add('start', 'go to a phase, or go on with it after it was held or killed', 'start 2 --plan cutover.json')
    .addArgument(phase())
    .action((toward: Toward, options: CutoverOptions) => go(toward, options));
  add('status', 'where it stands, and what was judged, done, signed and held', 'status').action(status);
  add(
    'rollback',
    'back to the legacy system, from wherever it stands before phase 3',
    'rollback --plan cutover.json',
  ).action((options: CutoverOptions) => go('back', options));
  add(
    'adopt',
    'take over where it stands in a former schema: Kafka was lost, and the roles work on a new one',
    'adopt --from-schema attention_oracle',
  )
    .requiredOption('--from-schema <name>', 'schema that the roles worked on before')
    .action(adopt);
}

async function adopt({ fromSchema }: { fromSchema: string }): Promise<void> {
  await withPool(async (pool) => {
    await readState(pool);
    const { phase, gateway } = await adoptState(pool, fromSchema);
    printLine(`phase ${phase}, taken over from schema ${fromSchema}; the public port is for the ${gateway} gateway`);
  });
}

async function withParts<T>(planFile: string, work: (parts: CutoverParts) => Promise<T>): Promise<T> {
  const plan = readPlan(planFile);
  return withPool((pool, databaseUrl, schema) => work({ pool, databaseUrl, schema, plan }));
}

async function withPool<T>(
  work: (pool: CutoverParts['pool'], databaseUrl: string, schema: string) => Promise<T>,
): Promise<T> {
  const { DATABASE_URL: url, DATABASE_SCHEMA: schema, ...settings } = loadConfig(z.object(postgresConfig), process.env);
  const all = { ...settings, DATABASE_URL: url, DATABASE_SCHEMA: schema };
  const pool = createPool(all, 'ao-cutover', silentLogger());
  try {
    return await work(pool, url, schema);
  } finally {
    await pool.end();
  }
}

async function check(toward: Toward, { plan, json }: CutoverOptions): Promise<void> {
  await withParts(plan, async (parts) => {
    await readState(parts.pool);
    const gates = judgeGates(toward, await findFacts(parts, toward), parts.plan);
    if (json === true) printJson({ toward, gates });
    else show(gates);
    if (gates.some(({ verdict }) => verdict !== 'passed')) process.exitCode = 1;
  });
}

function show(gates: readonly Gate[]): void {
  printTable(
    ['gate', 'verdict', 'found'],
    gates.map(({ name, verdict, found }) => [name, verdict, found]),
  );
}

async function sign(toward: Toward, { by, why }: { by: string; why: string }): Promise<void> {
  await withPool(async (pool) => {
    await readState(pool);
    await append(pool, { toward, kind: 'sign-off', name: `phase ${toward}`, who: by, detail: why });
  });
  printLine(`signed for phase ${toward} by ${by}`);
}

async function go(toward: Toward, { plan }: CutoverOptions): Promise<void> {
  await withParts(plan, (parts) =>
    alone(parts.pool, parts.schema, async () => {
      const { pool } = parts;
      const before = await readState(pool);
      // What was begun has passed them.
      if (before.toward !== toward) await passGates(parts, toward);
      const state = await setOut(pool, toward);
      for (const step of stepsLeft(state)) {
        try {
          const detail = await doStep(step, parts, toward);
          await noteStep(pool, toward, step, detail);
          printLine(`${step}: ${detail}`);
        } catch (error) {
          await append(pool, { toward, kind: 'held', name: step, detail: messageOf(error) });
          throw error;
        }
      }
      await arrive(pool, toward);
      printLine(toward === 'back' ? 'the legacy system serves and publishes' : `phase ${toward} stands`);
    }),
  );
}

async function passGates(parts: CutoverParts, toward: Toward): Promise<void> {
  const gates = judgeGates(toward, await findFacts(parts, toward), parts.plan);
  for (const { name, verdict, found } of gates)
    await append(parts.pool, { toward, kind: 'gate', name, detail: `${verdict}: ${found}` });
  const open = gates.filter(({ verdict }) => verdict !== 'passed');
  if (open.length === 0) return;
  const list = open.map(({ name, verdict, found }) => `${name} ${verdict} (${found})`).join('; ');
  throw new AppError('CUTOVER_HELD', `Gates are not passed: ${list}. Nothing was begun.`);
}

async function status({ json }: CutoverOptions): Promise<void> {
  await withPool(async (pool) => {
    const [state, log] = [await readState(pool), await readLog(pool)];
    if (json === true) return printJson({ ...state, left: stepsLeft(state), log });
    const { phase, toward, step, gateway } = state;
    const way =
      toward === null ? '' : `, on the way ${toward === 'back' ? 'back' : `to ${toward}`} behind ${step ?? 'nothing'}`;
    printLine(`phase ${phase}${way}; the public port is for the ${gateway} gateway`);
    printTable(
      ['at', 'toward', 'kind', 'name', 'who', 'detail'],
      log.map((one) => [one.at.toISOString(), one.toward, one.kind, one.name, one.who ?? '', one.detail]),
    );
  });
}
