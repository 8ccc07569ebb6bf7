/** Writing a transaction as final, once; what was written of it at confirmed and is not so is taken back with it. */

import type { EventOutcome, LogRecord } from '../ports.ts';
import type { EmissionPorts } from './emission-ports.ts';
import { isVouched } from './emissions.ts';
import { restated, sameContent, type TransactionEvents } from './stream-events.ts';

export interface FinalWrite {
  readonly outcome: EventOutcome;
  /** When the notification came; undefined on the reconciling path. */
  readonly noticedAtMs: number | undefined;
  /** Whether it may still be written when its turn comes. */
  readonly isWanted?: () => boolean;
}

export async function writeFinal(
  { queue, state, observer, clock }: Pick<EmissionPorts, 'queue' | 'state' | 'observer' | 'clock'>,
  transaction: TransactionEvents,
  { outcome, noticedAtMs, isWanted = () => true }: FinalWrite,
): Promise<void> {
  const { signature, slot, events } = transaction;
  let outdated: TransactionEvents['events'] = [];
  const written = await queue.submit({
    about: signature,
    build: () => {
      if (state.emissions.isFinal(signature) || !isWanted()) return [];
      const pending = state.emissions.pending(signature);
      // The live path was quicker: a watermark vouches for what it wrote.
      if (pending !== undefined && isVouched(pending, transaction) && sameContent(pending.events, events)) return [];
      const kept = new Set(events.map((event) => event.eventId));
      outdated = (pending?.events ?? []).filter((event) => !kept.has(event.eventId));
      const records = [...outdated.map((event) => restated(event, { retracted: true })), ...events];
      if (records.length === 0) state.emissions.recordFinal(signature, slot);
      return records.map((event): LogRecord => ({ kind: 'event', event }));
    },
    committed: () => state.emissions.recordFinal(signature, slot),
  });
  if (!written) return;
  for (const event of outdated) observer.retracted(signature, event.slot);
  observer.eventsWritten(events, outcome, { noticedAtMs, acknowledgedAtMs: clock.nowMs() });
}
