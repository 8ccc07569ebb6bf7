/** Rebuilding the set of emissions from this listener's own records, by the rule by which every reader counts them. Pure. */

import { applyRecord, applyWatermark, type EventRecord, type EventState } from '../../../../domain/vouching.ts';
import type { StreamEvent } from '../../../../schemas/records.ts';
import type { OwnRecord } from '../ports.ts';
import { Emissions } from './emissions.ts';

/** What this listener's records say of one event. */
interface Standing {
  /** Of the newest record before it was final. */
  event: StreamEvent;
  readonly partition: number;
  /** Lowest offset at which the event stands. */
  readonly offset: number;
  wasRetracted: boolean;
  /** As every reader has it; undefined while only a retraction is known. */
  state: EventState<StreamEvent> | undefined;
}

/** @param records In offset order within each partition. */
export function restoreEmissions(records: Iterable<OwnRecord>): Emissions {
  const standings = new Map<string, Standing>();
  /** By partition, those that a watermark may still vouch for. */
  const open = new Map<number, Set<Standing>>();
  for (const { partition, offset, content } of records) {
    const waiting = open.get(partition) ?? new Set();
    open.set(partition, waiting);
    if (content.kind === 'watermark') {
      const { source, fromSlot, slot } = content.watermark;
      for (const standing of waiting) {
        if (standing.state === undefined) continue;
        standing.state = applyWatermark(standing.state, { source, fromSlot, slot, offset });
        if (standing.state.final) waiting.delete(standing);
      }
      continue;
    }
    const { event } = content;
    const known = standings.get(event.eventId);
    if (known?.state?.final === true) continue;
    const standing = known ?? { event, partition, offset, wasRetracted: false, state: undefined };
    standing.event = event;
    standing.wasRetracted ||= event.retracted;
    standing.state = applyRecord(standing.state, recordOf(event, offset));
    standings.set(event.eventId, standing);
    if (standing.state?.final === true) waiting.delete(standing);
    else waiting.add(standing);
  }
  const emissions = new Emissions();
  for (const group of bySignature(standings.values())) restoreTransaction(emissions, group);
  return emissions;
}

/** A failure is vouched for as a success is: here every record tells of something that was written. */
function recordOf(event: StreamEvent, offset: number): EventRecord<StreamEvent> {
  const { eventId, source, slot, commitment, retracted } = event;
  return {
    eventId,
    source,
    offset,
    slot,
    finalized: commitment === 'finalized',
    retracted,
    content: event,
    failed: false,
  };
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

function restoreTransaction(emissions: Emissions, group: readonly Standing[]): void {
  const final = group.find(({ state }) => state?.final === true);
  const standing = group.filter(({ event, state }) => !event.retracted && state?.final !== true);
  const first = standing[0];
  if (final !== undefined && first === undefined) {
    emissions.recordFinal(final.event.signature, final.state?.content?.slot ?? final.event.slot);
    return;
  }
  for (const { event } of group.filter(({ event }) => event.retracted)) {
    emissions.recordRetracted(event.signature, event.slot);
  }
  if (first === undefined) return;
  const { signature, slot, succeeded } = first.event;
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
    tainted: group.some(({ wasRetracted }) => wasRetracted),
  });
}
