/** `ao settle status|fees|approve|hold|release|give-up|dry-run`: what people decide about roots. `ao settle` alone runs the role. */

import { userInfo } from 'node:os';
import { normalizeChannel } from '@attention-oracle/sdk';
import type { Command } from 'commander';
import { z } from 'zod';
import { loadConfig } from '../../runtime/config.ts';
import { AppError } from '../../runtime/errors.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { connectProducer } from '../../runtime/kafka/producer.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import type { RootFinalized, SettlementDecision } from '../../schemas/records.ts';
import { withKafka } from '../kafka/session.ts';
import { epochNumber, rootHash } from '../options.ts';
import { printJson, printLine, printTable } from '../print.ts';
import { shortHash } from '../render/words.ts';
import { emittedRoots, openRoots, paidFees, standingDecisions } from '../settle/open-roots.ts';

interface DecisionOptions {
  readonly why: string;
  readonly who: string;
  readonly epoch?: string;
  readonly root?: string;
}

export function addSettleCommands(program: Command): void {
  const settle = program.commands.find((command) => command.name() === 'settle');
  if (settle === undefined) throw new TypeError('the role settle has no command');
  settle
    .command('status')
    .description('the roots that are not on chain yet, what each waits for, and who has decided what about it')
    .argument('[channel]', 'only of this channel')
    .option('--json', 'one JSON array')
    .action((channel: string | undefined, options: { json?: boolean }) => status(channel, options.json === true));
  settle
    .command('fees')
    .description(
      'lamports that publishing has cost by the ledger, a UTC day a line; with --roots, the share of each root',
    )
    .option('--roots', 'a line a root')
    .option('--json', 'one JSON array')
    .action((options: { roots?: boolean; json?: boolean }) => fees(options));
  decision(settle, 'approve', 'let one root go, whatever policies say of it; the root is taken from ao.roots.v1')
    .argument('<channel>')
    .argument('<epoch>', '', epochNumber)
    .option('--root <hash>', 'only if it is this root', rootHash)
    .addHelpText('after', "\nExample: ao settle approve lacy 903 --why 'counted by hand, the launch was real'")
    .action((channel: string, epoch: string, options: DecisionOptions) =>
      decide({ action: 'APPROVE', channel, epoch: BigInt(epoch), options }),
    );
  decision(settle, 'hold', 'hold a channel, or one epoch of it, until it is released')
    .argument('<channel>')
    .option('--epoch <epoch>', 'only this epoch', epochNumber)
    .addHelpText('after', "\nExample: ao settle hold lacy --why 'claims look made up'")
    .action((channel: string, options: DecisionOptions) => decide({ action: 'HOLD', channel, options }));
  decision(settle, 'release', 'take a hold back; name the epoch where the hold named it')
    .argument('<channel>')
    .option('--epoch <epoch>', 'the epoch that is held', epochNumber)
    .addHelpText('after', "\nExample: ao settle release lacy --why 'looked at them: they are real'")
    .action((channel: string, options: DecisionOptions) => decide({ action: 'RELEASE', channel, options }));
  decision(
    settle,
    'give-up',
    'pass over what the chain refuses of a channel, up to an epoch; what can be published is published',
  )
    .argument('<channel>')
    .argument('<epoch>', 'up to this one', epochNumber)
    .addHelpText('after', "\nExample: ao settle give-up lacy 899 --why 'published by the legacy system'")
    .action((channel: string, epoch: string, options: DecisionOptions) =>
      decide({ action: 'GIVE_UP', channel, epoch: BigInt(epoch), options }),
    );
  settle
    .command('dry-run')
    .description('what publishing a root would send, what it costs, and whether the chain would take it; sends nothing')
    .argument('<channel>')
    .argument('<epoch>', '', epochNumber)
    .addHelpText('after', '\nExample: ao settle dry-run lacy 903')
    .action((channel: string, epoch: string) => dryRun(normalizeChannel(channel), BigInt(epoch)));
}

function decision(settle: Command, name: string, description: string): Command {
  return settle
    .command(name)
    .description(`${description}. Recorded on ao.settlement-decisions.v1 for ever`)
    .requiredOption('--why <text>', 'the reason, for whoever reads it later')
    .option('--who <name>', 'who decides', userInfo().username);
}

async function decide(asked: {
  readonly action: SettlementDecision['action'];
  readonly channel: string;
  readonly epoch?: bigint;
  readonly options: DecisionOptions;
}): Promise<void> {
  const { action, options } = asked;
  const channel = normalizeChannel(asked.channel);
  const epoch = asked.epoch ?? (options.epoch === undefined ? null : BigInt(options.epoch));
  for (const [name, text] of [
    ['--why', options.why],
    ['--who', options.who],
  ] as const) {
    if (text.trim() === '') throw new AppError('OPTION_INVALID', `${name} must say something: it is kept for ever.`);
  }
  await withKafka(async (session) => {
    const codec = await RecordCodec.connect(session.settings);
    const root =
      action === 'APPROVE' && epoch !== null
        ? rootIn(await emittedRoots({ session, codec }), channel, epoch, options.root).root
        : null;
    const record: SettlementDecision = {
      ...{ action, channel, epoch, root, who: options.who.trim(), why: options.why.trim(), at: Date.now() },
    };
    const producer = await connectProducer(session.kafka);
    try {
      const value = codec.encode('SettlementDecision', record);
      await producer.send([{ topic: topicNames(session.settings).decisions, key: channel, value, partition: 0 }]);
    } finally {
      await producer.disconnect();
    }
    const what = `${action} ${channel}${epoch === null ? '' : `, epoch ${epoch}`}${root === null ? '' : `, root ${root}`}`;
    printLine(
      `Recorded: ${what}, by ${record.who}. Settlement acts on it once SETTLEMENT_PERSONS people have said so.`,
    );
  });
}

/** @throws AppError ARGUMENT_INVALID where there is no such root, or another one. */
function rootIn(
  roots: ReadonlyMap<string, RootFinalized>,
  channel: string,
  epoch: bigint,
  wanted: string | undefined,
): RootFinalized {
  const found = [...roots.values()].find((root) => root.channel === channel && root.epoch === epoch);
  if (found === undefined) {
    throw new AppError(
      'ARGUMENT_INVALID',
      `ao.roots.v1 holds no root of ${channel} for epoch ${epoch}: see \`ao roots ${channel}\`.`,
    );
  }
  if (wanted !== undefined && found.root !== wanted) {
    throw new AppError(
      'ARGUMENT_INVALID',
      `The root of ${channel} for epoch ${epoch} is ${found.root}, not ${wanted}: nothing is approved.`,
    );
  }
  return found;
}

const personsConfig = z.object({ SETTLEMENT_PERSONS: z.coerce.number().int().min(1).default(1) });

async function status(channel: string | undefined, asJson: boolean): Promise<void> {
  await withKafka(async (session) => {
    const codec = await RecordCodec.connect(session.settings);
    const { SETTLEMENT_PERSONS: persons } = loadConfig(personsConfig, process.env);
    const open = await openRoots({ session, codec }, channel === undefined ? undefined : normalizeChannel(channel));
    const book = await standingDecisions({ session, codec }, persons);
    const told = open.map(({ root, row }) => ({
      ...{ channel: root.channel, epoch: root.epoch, root: root.root, claims: root.count },
      ...{ status: row?.status ?? 'NEW', reason: row?.reason ?? null, at: row?.at ?? null },
      heldBy: book.holdOf(root) ?? null,
      approvals: book.approvalsOf(root),
    }));
    if (asJson) printJson(told);
    else if (told.length === 0) printLine('every root is on chain, or was passed over');
    else
      printTable(
        ['channel', 'epoch', 'root', 'claims', 'status', 'why', 'held by', 'approved by'],
        told.map((root) => [
          ...[root.channel, root.epoch, shortHash(root.root), root.claims, root.status],
          root.reason ?? '',
          root.heldBy?.who ?? '',
          root.approvals.map(({ who }) => who).join(', '),
        ]),
      );
  });
}

async function fees({ roots, json }: { readonly roots?: boolean; readonly json?: boolean }): Promise<void> {
  await withKafka(async (session) => {
    const ledger = await paidFees({ session, codec: await RecordCodec.connect(session.settings) });
    if (json === true) return printJson(roots === true ? ledger.byRoot() : ledger.byDay());
    if (roots === true) {
      const rows = ledger.byRoot();
      if (rows.length === 0) return printLine('nothing was published yet');
      const cells = rows.map((row) => [row.channel, row.epoch, shortHash(row.root), row.transactions, row.feeLamports]);
      return printTable(['channel', 'epoch', 'root', 'transactions', 'lamports'], cells);
    }
    const rows = ledger.byDay();
    if (rows.length === 0) return printLine('nothing was published yet');
    const cells = rows.map((row) => [row.day, row.transactions, row.failed, row.unknown, row.feeLamports]);
    printTable(['day (UTC)', 'transactions', 'failed on chain', 'fee unknown', 'lamports'], cells);
  });
}

async function dryRun(channel: string, epoch: bigint): Promise<void> {
  const { settlementConfig } = await import('../../sinks/settlement/config.ts');
  const { dryRunOf } = await import('../../sinks/settlement/io/dry-run-tool.ts');
  const config = loadConfig(settlementConfig, process.env);
  await withKafka(async (session) => {
    const codec = await RecordCodec.connect(session.settings);
    const root = rootIn(await emittedRoots({ session, codec }), channel, epoch, undefined);
    printLine(await dryRunOf(root, config));
  });
}
