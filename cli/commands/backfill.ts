/** `ao backfill`: read a range of the program's history again. Safe to repeat: what is there already is removed downstream. */

import { SingleBar } from 'cli-progress';
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../../runtime/config.ts';
import { createLogger } from '../../runtime/logging.ts';
import { printJson, printLine } from '../print.ts';

interface BackfillCommandOptions {
  fromSlot: number;
  toSlot: number;
  json?: boolean;
}

function slot(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a slot is a whole number');
  return Number(text);
}

export function addBackfillCommand(program: Command): void {
  program
    .command('backfill')
    .description(
      "write the program's events of a slot range, and the watermark that proves it; goes on where it was stopped",
    )
    .requiredOption('--from-slot <slot>', 'first slot', slot)
    .requiredOption('--to-slot <slot>', 'last slot, finalised', slot)
    .option('--json', 'one JSON object at the end')
    .action(run);
}

async function run({ fromSlot, toSlot, json }: BackfillCommandOptions): Promise<void> {
  const [{ backfill }, { listenerConfig }] = await Promise.all([
    import('../../producers/listener/main.ts'),
    import('../../producers/listener/config.ts'),
  ]);
  const config = loadConfig(listenerConfig, process.env);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('stopped; run the same command again to go on')));
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
      log: createLogger('backfill', config.LOG_LEVEL === 'info' ? 'warn' : config.LOG_LEVEL),
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
