/** `ao lag`: consumer lag, now. */

import type { Command } from 'commander';
import { groupLags } from '../../runtime/kafka/group-lags.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { withKafka } from '../kafka/session.ts';
import { printJson, printTable } from '../print.ts';

export function addLagCommand(program: Command): void {
  program
    .command('lag')
    .description('show how many records each consumer group has still to read')
    .option('--group <id>', 'only this group')
    .option('--json', 'one JSON array')
    .action(async (options: { group?: string; json?: boolean }) => {
      const rows = await withKafka(({ admin, settings }) =>
        groupLags(admin, Object.values(topicNames(settings)), settings.KAFKA_NAMESPACE),
      );
      const shown = rows.filter(({ group }) => options.group === undefined || group === options.group);
      if (options.json === true) printJson(shown);
      else
        printTable(
          ['group', 'topic', 'partition', 'committed', 'end', 'lag'],
          shown.map((row) => [row.group, row.topic, row.partition, row.committed?.toString() ?? '-', row.end, row.lag]),
        );
    });
}
