/** The checkpoint of a partition: text that Kafka keeps with the committed offset, atomically. */

import { z } from 'zod';
import { basesText } from '../../../domain/epoch-schedule.ts';
import type { SlotRange } from '../../../domain/slot-ranges.ts';
import { Coverage } from './coverage.ts';
import { EpochClock, type Sample, TIMING } from './epoch-clock.ts';
import type { Checkpoint } from './partition-state.ts';
import { Progress } from './progress.ts';
import { fingerprint, numbersAlikeThrough, type Rules, rulesChanged } from './rules.ts';

const numberPairs = z.string().regex(/^(-?[0-9a-z]{1,12}\.-?[0-9a-z]{1,12}( (?!$)|$))*$/);
const checkpointText = z.object({
  /** 2 with a snapshot: a release that knows none rebuilds from the first record. */
  v: z.union([z.literal(1), z.literal(2)]),
  /** First offset to read again. */
  restoreFrom: z.int().min(0),
  /** Offset of the next record to apply. */
  position: z.int().min(0),
  /** Of the event topic; absent in checkpoints of releases that did not ask for it, and where the brokers give none. */
  topicId: z.string().max(64).optional(),
  rules: z.record(z.string(), z.string()),
  /** Absent in checkpoints of releases that timed epochs in other ways. */
  timing: z.int().optional(),
  timedThrough: z.int().min(-1),
  closedThrough: z.int().min(-1),
  /** Unix seconds; null before the first watermark. */
  streamTime: z.int().nullable(),
  /** Pairs in base 36: slot and time, each as the distance to the pair before. */
  samples: numberPairs,
  /** Pairs in base 36: distance to the end of the range before, and length less one. */
  coverage: numberPairs,
  /** Records of the state topic that hold what is remembered of the records below `restoreFrom`. */
  snapshot: z.object({ offset: z.int().min(0), records: z.int().min(1), digest: z.string().min(1).max(64) }).optional(),
});

/** A checkpoint and the id of the topic that its offsets belong to, where it is known. */
export interface PlacedCheckpoint extends Checkpoint {
  readonly topicId?: string | undefined;
  /** Whether it was written by a release that timed the ends of epochs in another way: a replay may come to less than was emitted. */
  readonly isOfOtherTiming?: true | undefined;
}

/** Under 4,000 bytes always: ranges and samples are bounded in number. */
export function encodeCheckpoint(rules: Rules, checkpoint: PlacedCheckpoint): string {
  const { offset, progress, position, topicId, snapshot } = checkpoint;
  const { coverage, clock, closedThrough } = progress;
  return JSON.stringify({
    v: snapshot === undefined ? 1 : 2,
    restoreFrom: offset,
    position,
    topicId,
    rules: fingerprint(rules),
    timing: TIMING,
    timedThrough: clock.timedThrough,
    closedThrough,
    streamTime: Number.isFinite(clock.streamTime) ? clock.streamTime : null,
    samples: encodePairs(
      clock.samples.map(([slot, time], i) => [
        slot - (clock.samples[i - 1]?.[0] ?? 0),
        time - (clock.samples[i - 1]?.[1] ?? 0),
      ]),
    ),
    coverage: encodePairs(
      coverage.ranges.map(({ fromSlot, toSlot }, i) => [
        fromSlot - (coverage.ranges[i - 1]?.toSlot ?? 0),
        toSlot - fromSlot,
      ]),
    ),
    snapshot,
  } satisfies z.input<typeof checkpointText>);
}

/**
 * @returns undefined for text that is no checkpoint (an operator's reset): restore from the beginning.
 * @throws AppError CHECKPOINT_RULES_CHANGED when the group ran under other rules: its roots would change their meaning.
 */
export function decodeCheckpoint(rules: Rules, metadata: string): PlacedCheckpoint | undefined {
  const parsed = checkpointText.safeParse(jsonOf(metadata));
  if (!parsed.success) return undefined;
  const text = parsed.data;
  const former = Object.fromEntries(
    Object.keys(fingerprint(rules)).map((name): [string, string] => [name, text.rules[name] ?? 'unset']),
  );
  // What was emitted is sealed: at most through the later of the two.
  const sealedThrough = Math.max(text.timedThrough, text.closedThrough);
  const { EPOCH_BASE: base = 'unset' } = former;
  const isKept = numbersAlikeThrough(rules, base, sealedThrough);
  const changed = rulesChanged(rules, isKept ? { ...former, EPOCH_BASE: basesText(rules.schedule) } : former);
  if (changed !== undefined) throw changed;
  const ranges: SlotRange[] = [];
  for (const [gap, length] of decodePairs(text.coverage)) {
    const fromSlot = (ranges.at(-1)?.toSlot ?? 0) + gap;
    ranges.push({ fromSlot, toSlot: fromSlot + length });
  }
  const samples: Sample[] = [];
  for (const [slots, seconds] of decodePairs(text.samples)) {
    const [slot, time] = samples.at(-1) ?? [0, 0];
    samples.push([slot + slots, time + seconds]);
  }
  const clock = new EpochClock(samples, text.streamTime ?? Number.NEGATIVE_INFINITY, text.timedThrough);
  return {
    offset: text.restoreFrom,
    position: text.position,
    topicId: text.topicId,
    isOfOtherTiming: text.timing === TIMING ? undefined : true,
    snapshot: text.snapshot,
    progress: new Progress(Coverage.of(ranges), clock, text.closedThrough),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function encodePairs(pairs: readonly (readonly [number, number])[]): string {
  return pairs.map(([a, b]) => `${a.toString(36)}.${b.toString(36)}`).join(' ');
}

function decodePairs(text: string): [number, number][] {
  if (text === '') return [];
  return text.split(' ').map((pair) => {
    const [a = '', b = ''] = pair.split('.');
    return [Number.parseInt(a, 36), Number.parseInt(b, 36)];
  });
}
