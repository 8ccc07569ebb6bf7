/** `ao backfill`: read a range of the program's history again. Safe to repeat: what is there already is removed downstream. */

import { base58Decode } from '@attention-oracle/sdk';
import { SingleBar } from 'cli-progress';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadConfig } from '../../runtime/config.ts';
import { AppError } from '../../runtime/errors.ts';
import { createLogger } from '../../runtime/logging.ts';
import { printJson, printLine } from '../print.ts';

interface BackfillCommandOptions {
  fromSlot?: number;
  fromSignature?: string;
  toSlot: number;
  json?: boolean;
}

function slot(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a slot is a whole number');
  return Number(text);
}

function signature(text: string): string {
  try {
    if (base58Decode(text).length === 64) return text;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('a signature is 64 bytes in base58');
}

export function addBackfillCommand(program: Command): void {
  program
    .command('backfill')
    .description(
      "write the program's events of a slot range, and the watermark that proves it; goes on where it was stopped",
    )
    .addOption(new Option('--from-slot <slot>', 'first slot').argParser(slot).conflicts('fromSignature'))
    .option('--from-signature <signature>', 'in place of --from-slot: the slot of this transaction', signature)
    .requiredOption('--to-slot <slot>', 'last slot, finalised', slot)
    .option('--json', 'one JSON object at the end')
    .action(run);
}

async function run({ fromSlot: givenSlot, fromSignature, toSlot, json }: BackfillCommandOptions): Promise<void> {
  if (givenSlot === undefined && fromSignature === undefined) {
    throw new AppError('OPTION_MISSING', 'Say where to begin: --from-slot SLOT or --from-signature SIGNATURE.');
  }
  const [{ backfill, slotOfSignature }, { listenerConfig }] = await Promise.all([
    import('../../producers/listener/main.ts'),
    import('../../producers/listener/config.ts'),
  ]);
  const config = loadConfig(listenerConfig, process.env);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('stopped; run the same command again to go on')));
  const log = createLogger('backfill', config.LOG_LEVEL === 'info' ? 'warn' : config.LOG_LEVEL);
  const question = { config, signature: fromSignature ?? '', log, signal: stop.signal };
  const fromSlot = givenSlot ?? (await slotOfSignature(question));
  const bar = new SingleBar({
    format:
      'backfill [{bar}] {percentage}% | {value}/{total} transactions | {rate}/s | {eta_formatted} left | proven to slot {slot}',
    stream: process.stderr,
    etaBuffer: 200,
    noTTYOutput: true,
    notTTYSchedule: 10_000,
  });
  const startedMs = Date.now();
  bar.start(0, 0, { rate: 0, slot: '-' });
  try {
    const result = await backfill({
      config,
      fromSlot,
      toSlot,
      log,
      signal: stop.signal,
      onProgress: ({ transactions, totalTransactions, slot: proven }) => {
        const rate = Math.round(transactions / ((Date.now() - startedMs) / 1000));
        bar.setTotal(totalTransactions);
        bar.update(transactions, { rate, slot: proven });
      },
    });
    bar.stop();
    if (json === true) printJson({ ...result, durationMs: Date.now() - startedMs });
    else
      printLine(
        `slots ${fromSlot} to ${toSlot} are proven; ${result.eventsWritten} events written as ${result.source}`,
      );
  } finally {
    bar.stop();
  }
}
