/** `ao lag`: consumer lag, now. */

import type { Command } from 'commander';
import { groupLags } from '../../runtime/kafka/group-lags.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { withKafka } from '../kafka/session.ts';
import { printJson, printLine, printTable } from '../print.ts';

export function addLagCommand(program: Command): void {
  program
    .command('lag')
    .description('show how many records each consumer group has still to read')
    .option('--group <id>', 'only this group')
    .option('--json', 'one JSON array')
    .action(async (options: { group?: string; json?: boolean }) => {
      const { rows, namespace } = await withKafka(async ({ admin, settings }) => ({
        rows: await groupLags(admin, Object.values(topicNames(settings)), settings.KAFKA_NAMESPACE),
        namespace: settings.KAFKA_NAMESPACE,
      }));
      const wanted = options.group;
      const shown = rows.filter(({ group }) => wanted === undefined || [wanted, namespace + wanted].includes(group));
      if (options.json === true) printJson(shown);
      else if (shown.length === 0)
        printLine(
          wanted === undefined
            ? 'no group has read anything yet'
            : `there is no group ${wanted} that has read anything`,
        );
      else
        printTable(
          ['group', 'topic', 'partition', 'committed', 'end', 'lag'],
          shown.map((row) => [row.group, row.topic, row.partition, row.committed?.toString() ?? '-', row.end, row.lag]),
        );
    });
}
