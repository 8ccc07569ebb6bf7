/** Rebuilding the set of emissions from this listener's own records, by the rules by which every reader counts them. Pure. */

import type { StreamEvent } from '../../../../schemas/records.ts';
import type { OwnRecord } from '../ports.ts';
import { Emissions } from './emissions.ts';

/** The newest record of one event. */
interface Standing {
  readonly event: StreamEvent;
  readonly partition: number;
  /** Position in the order of reading. */
  readonly position: number;
  /** Lowest offset at which the event stands. */
  readonly offset: number;
  readonly wasRetracted: boolean;
}

interface LastWatermark {
  readonly position: number;
  readonly slot: number;
}

/** @param records In offset order within each partition. */
export function restoreEmissions(records: Iterable<OwnRecord>): Emissions {
  const standings = new Map<string, Standing>();
  const watermarks = new Map<number, LastWatermark>();
  let position = 0;
  for (const { partition, offset, content } of records) {
    position += 1;
    if (content.kind === 'watermark') {
      // Ours only ever rise, so the last one of a partition vouches for the most.
      watermarks.set(partition, { position, slot: content.watermark.slot });
      continue;
    }
    const { event } = content;
    const known = standings.get(event.eventId);
    // Once final, always final: later records of the event change nothing.
    if (known?.event.commitment === 'finalized') continue;
    standings.set(event.eventId, {
      event,
      partition,
      position,
      offset: Math.min(offset, known?.offset ?? offset),
      wasRetracted: (known?.wasRetracted ?? false) || event.retracted,
    });
  }
  const emissions = new Emissions();
  for (const group of bySignature(standings.values())) restoreTransaction(emissions, group, watermarks);
  return emissions;
}

function bySignature(standings: Iterable<Standing>): Iterable<readonly Standing[]> {
  const groups = new Map<string, Standing[]>();
  for (const standing of standings) {
    const group = groups.get(standing.event.signature);
    if (group === undefined) groups.set(standing.event.signature, [standing]);
    else group.push(standing);
  }
  return groups.values();
}

function restoreTransaction(
  emissions: Emissions,
  group: readonly Standing[],
  watermarks: ReadonlyMap<number, LastWatermark>,
): void {
  const final = group.find(({ event }) => event.commitment === 'finalized');
  if (final !== undefined) {
    emissions.recordFinal(final.event.signature, final.event.slot);
    return;
  }
  for (const { event } of group.filter(({ event }) => event.retracted)) {
    emissions.recordRetracted(event.signature, event.slot);
  }
  const standing = group.filter(({ event }) => !event.retracted);
  const first = standing[0];
  if (first === undefined) return;
  const { signature, slot, succeeded } = first.event;
  const tainted = group.some(({ wasRetracted }) => wasRetracted);
  const vouched = standing.every((part) => {
    const watermark = watermarks.get(part.partition);
    return watermark !== undefined && watermark.position > part.position && watermark.slot >= slot;
  });
  if (vouched && !tainted) {
    emissions.recordFinal(signature, slot);
    return;
  }
  const offsets = new Map<number, number>();
  for (const { partition, offset } of standing) {
    offsets.set(partition, Math.min(offset, offsets.get(partition) ?? offset));
  }
  emissions.recordConfirmed({
    signature,
    slot,
    failed: !succeeded,
    events: standing.map(({ event }) => event),
    offsets,
    tainted,
  });
}
