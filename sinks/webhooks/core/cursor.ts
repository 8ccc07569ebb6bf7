/** Where a message stands: `roots/3/120` is offset 120 of partition 3 of ao.roots.v1. */

import { AppError } from '../../../runtime/errors.ts';

export type WebhookTopic = 'roots' | 'settlements';

export interface Cursor {
  readonly topic: WebhookTopic;
  readonly partition: number;
  readonly offset: bigint;
}

export function cursorText({ topic, partition, offset }: Cursor): string {
  return `${topic}/${partition}/${offset}`;
}

/** @throws AppError ARGUMENT_INVALID */
export function parseCursor(text: string): Cursor {
  const [, topic, partition = '', offset = ''] = /^(roots|settlements)\/(\d{1,6})\/(\d{1,18})$/.exec(text) ?? [];
  if (topic !== undefined)
    return { topic: topic as WebhookTopic, partition: Number(partition), offset: BigInt(offset) };
  throw new AppError('ARGUMENT_INVALID', `A cursor is as in the field cursor of a message, roots/3/120, not ${text}.`);
}
