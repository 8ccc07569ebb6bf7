/** Before the first root of a deployment is sent: its numbers must stand above every ring. */

import { codeOf, messageOf } from '../../../runtime/errors.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import type { Logger } from '../../../runtime/logging.ts';
import type { SettlementConfig } from '../config.ts';
import { baseInForce, baseTooLow, type NumberingSurvey, publishedRoots, ringAbove } from '../core/numbering.ts';
import { surveyFor, tellRings } from './survey-numbering.ts';

/** A node that lists no accounts of a program. */
const LISTS_NOTHING = new Set(['RPC_METHOD_MISSING', 'RPC_REJECTED']);

/** @throws AppError EPOCH_BASE_TOO_LOW with the base to set; what the clients of Kafka, registry and chain throw. */
export async function assertBase(options: {
  readonly kafka: KafkaClient;
  readonly codec: RecordCodec;
  readonly config: SettlementConfig;
  readonly signal: AbortSignal;
  readonly log: Logger;
}): Promise<void> {
  const survey = await surveyed(options);
  // Once roots of ours are on chain the base stays as it is, and each root is held against its ring alone.
  if (survey?.roots.length === 0) await tellRings(options.kafka, options.config, survey);
  if (survey === undefined || publishedRoots(survey).length > 0) return;
  const base = baseInForce(survey.roots, options.config.EPOCH_BASE.base);
  const above = ringAbove(survey, base);
  if (above !== undefined) throw baseTooLow(above, base);
}

async function surveyed({ log, ...options }: Parameters<typeof assertBase>[0]): Promise<NumberingSurvey | undefined> {
  try {
    return await surveyFor(options);
  } catch (error) {
    if (!LISTS_NOTHING.has(codeOf(error))) throw error;
    log.warn(
      { code: codeOf(error), reason: messageOf(error) },
      'the node lists no accounts of the program: EPOCH_BASE is held against each ring only when its first root comes',
    );
    return undefined;
  }
}
