/** What a channel, an event or a number may be so that the database can hold it: anything else names nothing that is there. Pure. */

import { normalizeChannel } from '@attention-oracle/sdk';

/** Largest bigint of PostgreSQL. Epochs and slots of rows are below it. */
export const MAX_BIGINT = 2n ** 63n - 1n;

/** Longer than any transaction, and so than any channel. */
const MAX_CHANNEL_LENGTH = 4096;
/** Longer than any signature with the indexes of an instruction. */
const MAX_EVENT_ID_LENGTH = 256;

/** The channel as rows name it; undefined for what no row can hold: NUL, half a surrogate pair, too long. */
export function channelName(text: string): string | undefined {
  return isStorable(text, MAX_CHANNEL_LENGTH) ? normalizeChannel(text) : undefined;
}

/** Whether a row could have this event id. */
export function isEventId(text: string): boolean {
  return isStorable(text, MAX_EVENT_ID_LENGTH);
}

/** Whether a row could have this epoch. */
export function isStoredEpoch(epoch: bigint): boolean {
  return epoch <= MAX_BIGINT;
}

function isStorable(text: string, maxLength: number): boolean {
  return text.length <= maxLength && !text.includes('\u0000') && text.isWellFormed();
}
