/**
 * What a process with an RPC endpoint last found in the rings of the program, for the processor, which has none. It stands in the metadata
 * of a committed offset: it is needed only until the first root, and every listener writes it again at its start.
 */

import { decodeSurvey, encodeSurvey, type RingSurvey } from '../../domain/ring-survey.ts';
import { withAdmin } from './admin.ts';
import type { KafkaClient } from './client.ts';
import { commitForGroup } from './commit-for-group.ts';
import { topicNames } from './topics.ts';

const GROUP = 'ao-ring-survey';

/** @throws what the broker answers: two that write at once push each other out, and one must try again. */
export async function noteRingSurvey(kafka: KafkaClient, survey: RingSurvey): Promise<void> {
  const metadata = encodeSurvey(survey);
  const { roots } = topicNames(kafka.settings);
  await commitForGroup(kafka, groupOf(kafka), roots, [{ partition: 0, offset: 0n, metadata }]);
}

/** Undefined where nobody has written one, or the brokers have forgotten it. */
export async function readRingSurvey(kafka: KafkaClient): Promise<RingSurvey | undefined> {
  const { roots } = topicNames(kafka.settings);
  const found = await withAdmin(kafka, (admin) => admin.committed(groupOf(kafka), [roots]));
  return decodeSurvey(found.get(roots)?.get(0)?.metadata ?? '');
}

const groupOf = (kafka: KafkaClient): string => kafka.settings.KAFKA_NAMESPACE + GROUP;
