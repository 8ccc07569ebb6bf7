/** What traces tell of an event. */

import { eventIdentity } from '../../../../runtime/tracing/identities.ts';
import type { Subject } from '../../../../runtime/tracing/record-spans.ts';
import type { StreamEvent } from '../../../../schemas/records.ts';

/** The event's own span goes from its block to Kafka. One that is written again, by another listener or as final, tells of it again. */
export function eventSubject(event: StreamEvent, nowMs: number): Subject {
  const { eventId, signature, slot, channel, instruction, commitment, succeeded, retracted, tx } = event;
  const sinceMs = tx.blockTime === null ? nowMs : Math.min(tx.blockTime * 1000, nowMs);
  return {
    identity: eventIdentity(eventId),
    ...(retracted ? {} : { made: { name: `event ${instruction.action}`, sinceMs } }),
    attributes: {
      'ao.event_id': eventId,
      'ao.commitment': commitment,
      'ao.succeeded': succeeded,
      'ao.retracted': retracted,
      'solana.signature': signature,
      'solana.slot': slot,
      ...(channel === null ? {} : { 'ao.channel': channel }),
    },
  };
}
