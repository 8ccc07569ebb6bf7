/** `ao schemas`: register every record with the registry, compatibility BACKWARD. */

import type { Command } from 'commander';
import { z } from 'zod';
import { kafkaConfig, loadConfig } from '../../runtime/config.ts';
import { RecordCodec, subjectOf } from '../../runtime/kafka/codec.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { TOPICS, type TopicKey } from '../../schemas/topics.ts';
import { printLine } from '../print.ts';

export function addSchemasCommand(program: Command): void {
  program
    .command('schemas')
    .description('register the Avro schemas of every topic')
    .action(async () => {
      const settings = loadConfig(z.object(kafkaConfig), process.env);
      await RecordCodec.connect(settings);
      const names = topicNames(settings);
      for (const key of Object.keys(TOPICS) as TopicKey[]) {
        for (const record of TOPICS[key].records) printLine(`registered ${subjectOf(names[key], record)}`);
      }
    });
}
