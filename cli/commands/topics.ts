/** `ao topics`: create what is missing, check what is there. */

import type { Command } from 'commander';
import { ensureTopics, partitionsOf, topicNames } from '../../runtime/kafka/topics.ts';
import { TOPICS, type TopicKey } from '../../schemas/topics.ts';
import { withKafka } from '../kafka/session.ts';
import { printJson, printTable } from '../print.ts';

export function addTopicsCommand(program: Command): void {
  program
    .command('topics')
    .description('create the declared topics that are missing and check the others')
    .option('--dry-run', 'only show what is declared')
    .option('--json', 'one JSON array')
    .action(async (options: { dryRun?: boolean; json?: boolean }) => {
      await withKafka(async ({ kafka, settings }) => {
        if (options.dryRun !== true) await ensureTopics(kafka, settings);
        const names = topicNames(settings);
        const rows = (Object.keys(TOPICS) as TopicKey[]).map((key) => ({
          topic: names[key],
          partitions: partitionsOf(key, settings),
          key: TOPICS[key].key,
          records: TOPICS[key].records,
        }));
        if (options.json === true) printJson(rows);
        else
          printTable(
            ['topic', 'partitions', 'records', 'key'],
            rows.map((row) => [row.topic, row.partitions, row.records.join(', ') || 'raw bytes', row.key]),
          );
      });
    });
}
