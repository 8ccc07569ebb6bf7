/** `ao follow`: roots, steps of settlement or claims as they come, without loss or repetition, across restarts of anybody. */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { GatewayClient } from '@attention-oracle/sdk/graphql';
import { Argument, type Command, Option } from 'commander';
import { AppError } from '../../runtime/errors.ts';
import { type GatewayOptions, withGateway, withGatewayOption } from '../gateway/session.ts';
import { wholeAbove0 } from '../options.ts';
import { printJson, printLine } from '../print.ts';
import { shortHash } from '../render/words.ts';

interface FollowOptions extends GatewayOptions {
  readonly channel?: string;
  readonly after?: string;
  readonly cursorFile?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

type Kind = 'roots' | 'settlements' | 'claims';

interface Item {
  /** Null of what is not on its topic yet. */
  readonly cursor: string | null;
  /** For people. */
  readonly line: string;
  readonly value: unknown;
}

export function addFollowCommand(program: Command): void {
  withGatewayOption(program.command('follow'))
    .description(
      'print roots, settlements or claims as they come; goes on behind the last one after a lost connection, a restart of the gateway, and its own',
    )
    .addArgument(new Argument('[what]', 'what to follow').choices(['roots', 'settlements', 'claims']).default('roots'))
    .option('--channel <name>', 'only of this channel')
    .option('--after <cursor>', 'begin behind this cursor; beginning: with all that is stored; default: now')
    .addOption(
      new Option('--cursor-file <file>', 'remember the last cursor there; where it is there already, go on behind it'),
    )
    .option('--limit <n>', 'end after so many', wholeAbove0)
    .option('--json', 'one JSON object a line, with its cursor')
    .action(follow);
}

async function follow(what: Kind, options: FollowOptions): Promise<void> {
  const { channel, cursorFile, limit = Number.POSITIVE_INFINITY } = options;
  const after = rememberedIn(cursorFile) ?? options.after;
  const filter = { ...(channel === undefined ? {} : { channel }), ...(after === undefined ? {} : { after }) };
  if (after === undefined)
    process.stderr.write(`ao: ${what} from now on; --after beginning gives all that are stored\n`);
  const onReconnect = (): void => {
    process.stderr.write('ao: connected again; goes on behind the last one\n');
  };
  await withGateway(
    options,
    async (client) => {
      process.once('SIGINT', () => void client.close());
      let left = limit;
      for await (const { cursor, line, value } of itemsOf(client, what, filter)) {
        if (options.json === true) printJson(value);
        else printLine(line);
        if (cursorFile !== undefined && cursor !== null) remember(cursorFile, cursor);
        left -= 1;
        if (left <= 0) return;
      }
    },
    { onReconnect },
  );
}

async function* itemsOf(client: GatewayClient, what: Kind, filter: object): AsyncGenerator<Item> {
  if (what === 'roots')
    for await (const { rootFinalized: root } of client.rootFinalized(filter))
      yield {
        cursor: root.cursor,
        line: `${root.channel}, epoch ${root.epoch}: root ${shortHash(root.root)} of ${root.count} claims`,
        value: root,
      };
  else if (what === 'settlements')
    for await (const { settlementUpdated: step } of client.settlementUpdated(filter))
      yield {
        cursor: step.cursor,
        line: `${step.channel}, epoch ${step.epoch}: ${step.status}${step.signature === null ? '' : ` by ${step.signature}`}`,
        value: step,
      };
  else
    for await (const { claimIngested: claim } of client.claimIngested(filter))
      yield {
        cursor: claim.cursor,
        line: `${claim.channel}: ${claim.amount} for ${claim.user} in slot ${claim.slot}${claim.retracted ? ', taken back' : ''}`,
        value: claim,
      };
}

function rememberedIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AppError('OPTION_INVALID', `--cursor-file ${file} cannot be read (${(error as Error).message}).`);
  }
}

/** Whole or not at all: a cut cursor would be refused at the next start. */
function remember(file: string, cursor: string): void {
  writeFileSync(`${file}.new`, `${cursor}\n`);
  renameSync(`${file}.new`, file);
}
