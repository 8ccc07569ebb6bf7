/** Records that cannot be processed: the raw bytes, with where they came from and why they are here. */

import { codeOf, messageOf } from '../errors.ts';
import type { KafkaRecord, OutgoingRecord, RecordHeaders } from './records.ts';

/** Header names of a dead letter. */
export const DEAD_LETTER_HEADERS = {
  topic: 'ao-topic',
  partition: 'ao-partition',
  offset: 'ao-offset',
  code: 'ao-error-code',
  message: 'ao-error-message',
  role: 'ao-role',
  at: 'ao-at',
} as const;

export interface DeadLetterOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/**
 * @param deadLetterTopic Where it goes. Its time is the record.s own, so that a replay gives the same bytes.
 */
export function deadLetter(
  deadLetterTopic: string,
  origin: DeadLetterOrigin,
  record: Pick<KafkaRecord, 'key' | 'value' | 'timestamp' | 'headers'>,
  error: unknown,
  role: string,
): OutgoingRecord {
  const traceparent = record.headers?.['traceparent'];
  const headers: RecordHeaders = {
    ...(traceparent === undefined ? {} : { traceparent }),
    [DEAD_LETTER_HEADERS.topic]: origin.topic,
    [DEAD_LETTER_HEADERS.partition]: String(origin.partition),
    [DEAD_LETTER_HEADERS.offset]: origin.offset,
    [DEAD_LETTER_HEADERS.code]: codeOf(error),
    [DEAD_LETTER_HEADERS.message]: messageOf(error).slice(0, 1000),
    [DEAD_LETTER_HEADERS.role]: role,
    [DEAD_LETTER_HEADERS.at]: record.timestamp,
  };
  return { topic: deadLetterTopic, key: record.key, value: record.value, headers };
}
