import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../../runtime/errors.ts';
import { anyLog, type Placed } from '../testing/logs.ts';
import { event, mark, RULES } from '../testing/records.ts';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { type Output, PartitionState } from './partition-state.ts';
import { Progress } from './progress.ts';
import type { Rules } from './rules.ts';

const start = { offset: 0, progress: Progress.start };

/** Outputs as bytes: every field, bigint included. */
function bytesOf(outputs: readonly Output[]): string {
  return JSON.stringify(outputs, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

function run(state: PartitionState, log: readonly Placed[]): string[] {
  return log.map(({ offset, input }) => bytesOf(state.apply(offset, input)));
}

/** A process that dies at each of `crashes` (indexes into the log) and comes back from its checkpoint as text. */
function runWithCrashes(rules: Rules, log: readonly Placed[], crashes: readonly number[]): string[] {
  const outputs: string[] = [];
  let state = new PartitionState(rules, 0, start);
  for (const [i, { offset, input }] of log.entries()) {
    if (crashes.includes(i)) {
      const metadata = encodeCheckpoint(rules, state.checkpoint());
      expect(metadata.length).toBeLessThan(4000);
      const committed = state.position;
      const checkpoint = decodeCheckpoint(rules, metadata);
      if (checkpoint === undefined) throw new Error(`not a checkpoint: ${metadata}`);
      state = new PartitionState(rules, 0, checkpoint);
      for (const { offset: at, input: again } of log)
        if (at >= checkpoint.offset && at < committed) state.apply(at, again);
    }
    outputs.push(bytesOf(state.apply(offset, input)));
  }
  return outputs;
}

describe('the text of a checkpoint', () => {
  const text = (change: object = {}): string =>
    JSON.stringify({ ...JSON.parse(encodeCheckpoint(RULES, { ...start, position: 7 })), ...change });

  it('has version 1, and 2 with a snapshot, which is read again', () => {
    const snapshot = { offset: 5, records: 2, digest: 'abc' };
    expect(JSON.parse(text())).toMatchObject({ v: 1, position: 7 });
    const withOne = encodeCheckpoint(RULES, { ...start, position: 7, snapshot });
    expect(JSON.parse(withOne)).toMatchObject({ v: 2, snapshot });
    expect(decodeCheckpoint(RULES, withOne)?.snapshot).toEqual(snapshot);
  });

  it.each([
    ['another version', { v: 3 }],
    ['pairs that are none', { samples: 'x' }],
    ['something before the pairs', { samples: '- 1.2' }],
    ['something behind the pairs', { coverage: '1.2 ' }],
    ['half a snapshot', { snapshot: { offset: 5 } }],
    ['a snapshot of nothing', { snapshot: { offset: 5, records: 0, digest: 'abc' } }],
  ])('is none with %s', (_what, change) => {
    expect(decodeCheckpoint(RULES, text())).toBeDefined();
    expect(decodeCheckpoint(RULES, text(change))).toBeUndefined();
  });

  it.each(['', 'replay:5', 'null', '7'])('is not %j', (other) => {
    expect(decodeCheckpoint(RULES, other)).toBeUndefined();
  });

  it('tells other rules, those that it does not name as unset', () => {
    const { rules } = JSON.parse(text()) as { rules: Record<string, string> };
    const { MINT_PUBKEY: _mint, ...others } = rules;
    expect(() => decodeCheckpoint(RULES, text({ rules: others }))).toThrow(
      expect.objectContaining({
        context: { changed: ['MINT_PUBKEY'] },
        message: expect.stringContaining('MINT_PUBKEY was unset, is every mint'),
      }),
    );
    expect(() => decodeCheckpoint({ ...RULES, protocolState: 'state' }, text())).toThrow(
      /MINT_PUBKEY was every mint, is the mint of state/,
    );
    const { EPOCH_BASE: _base, ...baseless } = rules;
    expect(() => decodeCheckpoint(RULES, text({ rules: baseless }))).toThrow(/EPOCH_BASE was unset, is 0/);
    expect(() => decodeCheckpoint(RULES, text({ rules: { ...rules, EPOCH_BASE: '5,4@10' } }))).toThrow(
      /EPOCH_BASE was 5/,
    );
  });
});

describe('restoring a partition from its checkpoint', () => {
  const rulesOf = fc
    .record({
      dedupRecords: fc.constantFrom(0, 5, 20, 60, 1000),
      durationSlots: fc.constantFrom(1, 4, 10),
      threshold: fc.constantFrom(0, 2, 7),
    })
    .map(
      ({ dedupRecords, durationSlots, threshold }): Rules => ({
        ...RULES,
        dedupRecords,
        finalizeThresholdSecs: threshold,
        schedule: { durationSlots, base: 40n },
      }),
    );

  it('gives the outputs of the uninterrupted run, byte for byte, whatever the records and wherever it crashes', () => {
    fc.assert(
      fc.property(rulesOf, anyLog, fc.array(fc.nat(89), { maxLength: 5 }), (rules, log, crashes) => {
        const uninterrupted = run(new PartitionState(rules, 0, start), log);
        expect(runWithCrashes(rules, log, crashes)).toEqual(uninterrupted);
      }),
      { numRuns: 3000 },
    );
  });

  it('emits each root of a channel and epoch once', () => {
    fc.assert(
      fc.property(rulesOf, anyLog, (rules, log) => {
        const state = new PartitionState(rules, 0, start);
        const seen = log
          .flatMap(({ offset, input }) => state.apply(offset, input))
          .flatMap((output) => (output.kind === 'root' ? [`${output.root.channel} ${output.root.epoch}`] : []));
        expect(new Set(seen).size).toBe(seen.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('starts the replay no earlier than the oldest event still needed allows', () => {
    const state = new PartitionState({ ...RULES, dedupRecords: 3 }, 0, start);
    const log = [
      event({ tx: 1, slot: 5 }),
      mark({ from: 0, to: 30 }),
      event({ tx: 2, slot: 35 }),
      mark({ from: 31, to: 32 }),
      mark({ from: 33, to: 34 }),
      mark({ from: 35, to: 36 }),
    ];
    for (const [offset, input] of log.entries()) state.apply(offset, input);
    // Epoch 0 was sealed at offset 1, four records before the last watermark: only the event at offset 2 is needed.
    expect(state.checkpoint().offset).toBe(2);
  });

  it('refuses a checkpoint of other rules and says which and what to do', () => {
    const metadata = encodeCheckpoint(RULES, { ...start, position: 0 });
    const other: Rules = { ...RULES, schedule: { durationSlots: 20, base: 0n }, recipe: 'claim-v1' };
    const refused = (): unknown => decodeCheckpoint(other, metadata);
    expect(refused).toThrow(AppError);
    expect(refused).toThrow(
      /EPOCH_DURATION_SLOTS was 10, is 20; ROOT_RECIPE was claim-v0, is claim-v1\. Set the former values again/,
    );
  });

  it('goes on under another base for epochs that are not sealed, and gives only those another number', () => {
    const stepAt = fc.integer({ min: 1, max: 8 });
    fc.assert(
      fc.property(rulesOf, anyLog, fc.nat(89), stepAt, (rules, log, crash, fromIndex) => {
        const stepped: Rules = { ...rules, schedule: { ...rules.schedule, later: [{ fromIndex, base: 1000n }] } };
        const state = new PartitionState(rules, 0, start);
        for (const { offset, input } of log.slice(0, crash)) state.apply(offset, input);
        const { progress } = state.checkpoint();
        const metadata = encodeCheckpoint(rules, state.checkpoint());
        const isSealed = Math.max(progress.closedThrough, progress.clock.timedThrough) >= fromIndex;
        if (isSealed) {
          expect(() => decodeCheckpoint(stepped, metadata)).toThrow(/EPOCH_BASE was 40, is 40,1000@/);
          return;
        }
        const again = decodeCheckpoint(stepped, metadata);
        if (again === undefined) throw new Error(`not a checkpoint: ${metadata}`);
        const committed = state.position;
        const restored = new PartitionState(stepped, 0, again);
        for (const { offset, input } of log)
          if (offset >= again.offset && offset < committed) restored.apply(offset, input);
        const rest = log.filter(({ offset }) => offset >= committed);
        const uninterrupted = run(new PartitionState(stepped, 0, start), log);
        expect(run(restored, rest)).toEqual(uninterrupted.slice(log.length - rest.length));
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['', 'replay:beginning', '{"v":1}', '{"v":1,"restoreFrom":-1}', 'null'])(
    'takes %j for no checkpoint',
    (metadata) => {
      expect(decodeCheckpoint(RULES, metadata)).toBeUndefined();
    },
  );

  it('gives no root a second time that a release emitted which timed the end of epochs sooner', () => {
    // By its way epoch 0 had ended long enough before slot 16 when the watermark came; by ours it had not.
    const log = [
      event({ tx: 1, slot: 3, kind: 'finalized' }),
      event({ tx: 2, slot: 12, kind: 'finalized' }),
      mark({ from: 0, to: 16, time: 20 }),
    ];
    const later = mark({ from: 17, to: 29, time: 40 });
    const epochsAfter = (progress: Progress): bigint[] => {
      const state = new PartitionState(RULES, 0, { offset: 0, progress });
      for (const [offset, input] of log.entries()) state.apply(offset, input);
      return state.apply(log.length, later).flatMap((output) => (output.kind === 'root' ? [output.root.epoch] : []));
    };
    expect(epochsAfter(Progress.start)).toEqual([0n, 1n]);
    expect(epochsAfter(Progress.start.emittedThrough(0))).toEqual([1n]);
    const written = JSON.parse(encodeCheckpoint(RULES, { ...start, position: 0 })) as Record<string, unknown>;
    const { timing: _, ...former } = written;
    expect(decodeCheckpoint(RULES, JSON.stringify(written))?.isOfOtherTiming).toBeUndefined();
    expect(decodeCheckpoint(RULES, JSON.stringify(former))?.isOfOtherTiming).toBe(true);
    expect(decodeCheckpoint(RULES, JSON.stringify({ ...written, timing: 1 }))?.isOfOtherTiming).toBe(true);
  });

  it('stays under the limit of commit metadata with a thousand gaps in the coverage', () => {
    const state = new PartitionState(
      { ...RULES, protocolState: 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic' },
      0,
      start,
    );
    const base = 2 ** 52;
    for (let i = 0; i < 1000; i += 1)
      state.apply(i, mark({ from: base + i * 2 ** 40, to: base + i * 2 ** 40 + 2 ** 39, time: 2 ** 36 + i * 2 ** 26 }));
    const placed = { ...state.checkpoint(), topicId: '5f1c5be4-9d3c-4b0e-8f1a-2f6f4c0f3a77' };
    const metadata = encodeCheckpoint(RULES, placed);
    expect(metadata.length).toBeLessThan(4000);
    expect(decodeCheckpoint(RULES, metadata)).toEqual(placed);
  });
});
