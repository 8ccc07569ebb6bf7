/** `ao status`: the gateway's health and the lag of every group, at a glance. */

import type { Command } from 'commander';
import { messageOf } from '../../runtime/errors.ts';
import { groupLags } from '../../runtime/kafka/group-lags.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { withKafka } from '../kafka/session.ts';
import { printJson, printTable } from '../print.ts';

export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .description("the gateway's health and each consumer group's lag")
    .option('--gateway <url>', 'gateway; default: port GATEWAY_PORT, else 3000, of this machine')
    .option('--json', 'one JSON object')
    .action(async (options: { gateway?: string; json?: boolean }) => {
      const port = process.env['GATEWAY_PORT'] || '3000';
      const health = await gatewayHealth(options.gateway ?? `http://127.0.0.1:${port}`);
      const rows = await withKafka(({ admin, settings }) =>
        groupLags(admin, Object.values(topicNames(settings)), settings.KAFKA_NAMESPACE),
      );
      const lag: Record<string, number> = {};
      for (const row of rows) lag[row.group] = (lag[row.group] ?? 0) + Number(row.lag);
      if (options.json === true) printJson({ health, lag });
      else {
        printTable(
          ['gateway', ''],
          Object.entries(health).map(([name, value]) => [name, String(value)]),
        );
        printTable(['group', 'lag'], Object.entries(lag));
      }
    });
}

async function gatewayHealth(url: string): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(new URL('/health', url), { signal: AbortSignal.timeout(3000) });
    return (await response.json()) as Record<string, unknown>;
  } catch (error) {
    return { status: 'unreachable', reason: messageOf(error) };
  }
}
