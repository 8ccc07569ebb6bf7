/** Reads the topic as every consumer must, and compares with what really happened on the chain. */

import { MerkleTree } from '@attention-oracle/sdk';
import { recordIdentity } from '../../domain/claim-record.ts';
import { sortCanonically } from '../../domain/counted-claim.ts';
import { epochIndexOfSlot } from '../../domain/epoch-schedule.ts';
import { holdsSlot, type SlotRange, unionWith } from '../../domain/slot-ranges.ts';
import { applyRecord, applyWatermark, type EventState } from '../../domain/vouching.ts';
import type { StreamEvent } from '../../schemas/records.ts';
import type { History, HistoryTransaction } from './history.ts';
import { PARTITIONS, partitionOf, type SimulatedTopic, type TopicRecord } from './simulated-topic.ts';

export interface Verdict {
  /** Final events of the chain that are not counted at the end. */
  readonly lost: string[];
  /** Events counted that are not final on the chain, or in another slot than there. */
  readonly doubled: string[];
  readonly wrongWatermarks: string[];
  /** Channel and epoch to root, over the counted claims. */
  readonly roots: ReadonlyMap<string, string>;
  /** Last slot up to which every partition is covered from slot 0. */
  readonly coveredSlot: number;
  /** Malformed final transactions without a dead letter. */
  readonly lettersMissing: string[];
}

type Standing = EventState<StreamEvent>;

const SCHEDULE = { durationSlots: 50 };

/** @param skipFailed Whether failed transactions were only counted. */
export function judge(topic: SimulatedTopic, history: History, skipFailed: boolean): Verdict {
  const truth = truthOf(history.transactions, skipFailed);
  const counted = new Map<string, StreamEvent>();
  const wrongWatermarks: string[] = [];
  let coveredSlot = Number.POSITIVE_INFINITY;
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const records = topic.records.filter((record) => record.partition === partition);
    const read = readPartition(records, (range, standings) => {
      for (const [eventId, expected] of truth) {
        const inRange = holdsSlot({ fromSlot: range.fromSlot, toSlot: range.slot }, expected.slot);
        if (expected.partitionChannel === undefined || !inRange) continue;
        if (partitionOf(expected.partitionChannel) !== partition) continue;
        if (provenIn(standings.get(eventId)) === undefined)
          wrongWatermarks.push(`${range.source}@${range.slot} lacks ${eventId} of ${expected.slot}`);
      }
      if (range.blockTime > history.blockTime(range.slot))
        wrongWatermarks.push(`block time newer than slot ${range.slot}`);
    });
    for (const [eventId, event] of read.counted) counted.set(eventId, event);
    coveredSlot = Math.min(coveredSlot, read.coveredSlot);
  }
  const letters = new Set(topic.deadLetters.map(({ signature }) => signature));
  return {
    lost: [...truth.keys()].filter((eventId) => !counted.has(eventId)),
    doubled: [...counted]
      .filter(([eventId, event]) => truth.get(eventId)?.slot !== event.slot)
      .map(([eventId]) => eventId),
    wrongWatermarks,
    roots: rootsOf(counted.values()),
    coveredSlot,
    lettersMissing: history.transactions
      .filter(({ malformed, failed, finalSlot }) => malformed && finalSlot !== undefined && !(failed && skipFailed))
      .filter(({ signature }) => !letters.has(signature))
      .map(({ signature }) => signature),
  };
}

interface Range {
  readonly source: string;
  readonly fromSlot: number;
  readonly slot: number;
  readonly blockTime: number;
}

function readPartition(
  records: readonly TopicRecord[],
  onWatermark: (range: Range, standings: ReadonlyMap<string, Standing>) => void,
): { counted: Map<string, StreamEvent>; coveredSlot: number } {
  const standings = new Map<string, Standing>();
  const open = new Map<string, Standing>();
  const keep = (standing: Standing): void => {
    standings.set(standing.eventId, standing);
    if (standing.final) open.delete(standing.eventId);
    else open.set(standing.eventId, standing);
  };
  let covered: readonly SlotRange[] = [];
  for (const { content, offset } of records) {
    if (content.kind === 'event') {
      const { event } = content;
      // Failures too: here it matters whether an event is known at all.
      const record = { ...recordIdentity(event, offset), content: event, failed: false };
      const standing = applyRecord(standings.get(event.eventId), record);
      if (standing !== undefined) keep(standing);
      continue;
    }
    const { watermark } = content;
    for (const standing of [...open.values()]) keep(applyWatermark(standing, { ...watermark, offset }));
    covered = unionWith(covered, { fromSlot: watermark.fromSlot, toSlot: watermark.slot });
    onWatermark(watermark, standings);
  }
  const counted = new Map<string, StreamEvent>();
  for (const [eventId, standing] of standings) {
    const event = provenIn(standing);
    if (event !== undefined) counted.set(eventId, event);
  }
  const [first] = covered;
  return { counted, coveredSlot: first !== undefined && holdsSlot(first, 0) ? first.toSlot : -1 };
}

function provenIn(standing: Standing | undefined): StreamEvent | undefined {
  return standing?.provenOffset === null ? undefined : standing?.content;
}

interface Expected {
  readonly slot: number;
  readonly partitionChannel: string | undefined;
}

function truthOf(transactions: readonly HistoryTransaction[], skipFailed: boolean): Map<string, Expected> {
  const truth = new Map<string, Expected>();
  for (const { finalSlot, eventIds, channel, failed } of transactions) {
    if (finalSlot === undefined || (failed && skipFailed)) continue;
    for (const eventId of eventIds) truth.set(eventId, { slot: finalSlot, partitionChannel: channel });
  }
  return truth;
}

function rootsOf(events: Iterable<StreamEvent>): Map<string, string> {
  const groups = new Map<string, StreamEvent[]>();
  for (const event of events) {
    if (!event.succeeded || event.channel === null || event.instruction.action !== 'claim') continue;
    const key = `${event.channel}/${epochIndexOfSlot(SCHEDULE, event.slot)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [event]);
    else group.push(event);
  }
  return new Map(
    [...groups].sort().map(([key, group]) => {
      const claims = sortCanonically(group).map(({ instruction: { data } }) => ({
        claimer: data.claimer ?? '',
        amount: data.amount ?? 0n,
        id: data.id ?? '',
      }));
      return [key, new MerkleTree(claims, {}).rootHex()];
    }),
  );
}
