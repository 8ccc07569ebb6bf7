/** `ao status`: how far a platform is, at a glance; with --watch again and again. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { type GatewayOptions, gatewayUrl, withGateway, withGatewayOption } from '../gateway/session.ts';
import { type KafkaSession, keptKafka } from '../kafka/session.ts';
import { wholeAbove0 } from '../options.ts';
import { printJson, printLine } from '../print.ts';
import { type StatusSnapshot, slotsBehind, statusScreen } from '../status/screen.ts';
import { takeSnapshot } from '../status/snapshot.ts';

interface StatusOptions extends GatewayOptions {
  readonly watch?: boolean;
  readonly interval: number;
  readonly times?: number;
  readonly json?: boolean;
}

/** Of a terminal that does not tell its size. */
const USUAL_SIZE = { columns: 120, rows: 50 };
const CLEAR = '\u001b[H\u001b[J';

export function addStatusCommand(program: Command): void {
  withGatewayOption(program.command('status'))
    .description(
      'health, slots behind the chain, lag of each group, epochs with their coverage, settlement of the newest roots',
    )
    .option('--watch', 'draw it again and again, until Ctrl-C')
    .option('--interval <seconds>', 'with --watch: how often', wholeAbove0, 2)
    .option('--times <n>', 'with --watch: end after so many', wholeAbove0)
    .option('--json', 'one JSON object; with --watch one a line')
    .action(async (options: StatusOptions) => {
      const kafka = keptKafka();
      const stop = new AbortController();
      process.once('SIGINT', () => stop.abort());
      try {
        await withGateway(options, async (client) => {
          const parts = {
            client,
            gatewayUrl: gatewayUrl(options),
            rpcUrl: process.env['ANCHOR_PROVIDER_URL']?.split(',')[0] || undefined,
            kafka: (): Promise<KafkaSession> => kafka.open(),
          };
          const times = options.watch === true ? (options.times ?? Number.POSITIVE_INFINITY) : 1;
          for (let shown = 0; shown < times && !stop.signal.aborted; shown += 1) {
            if (shown > 0)
              await delay(options.interval * 1000, undefined, { signal: stop.signal }).catch(() => undefined);
            if (stop.signal.aborted) break;
            show(await takeSnapshot(parts, Date.now()), options);
          }
        });
      } finally {
        await kafka.close();
      }
    });
}

function show(snapshot: StatusSnapshot, { json, watch }: StatusOptions): void {
  if (json === true) {
    printJson({ ...snapshot, slotsBehind: slotsBehind(snapshot.proven, snapshot.chainSlot) ?? null });
    return;
  }
  const { isTTY, columns, rows } = process.stdout;
  const isScreen = watch === true && isTTY;
  // Without a screen nothing is cut: a pipe has no height.
  const size = isScreen
    ? { columns, rows: rows - 1 }
    : isTTY
      ? { ...USUAL_SIZE, columns }
      : { columns: 1000, rows: 1000 };
  if (isScreen) process.stdout.write(CLEAR);
  statusScreen(snapshot, size).forEach(printLine);
}
