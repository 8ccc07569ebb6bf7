import { describe, expect, it } from '@jest/globals';
import type { SettlementRecord, SettlementStatus } from '../../../schemas/records.ts';
import { Lane, ledgerFromOf } from './lane.ts';
import { LedgerFold, type LedgerHistory, type LedgerRow } from './ledger-history.ts';
import type { RootToSettle } from './root-job.ts';

const root = (offset: number, channel: string): RootToSettle => ({
  ...{ partition: 2, offset: BigInt(offset), nextOffset: BigInt(offset + 1), channel, epoch: BigInt(offset) },
  ...{ root: 'ab'.repeat(32), recordedAtMs: 0, count: 3, startSlot: offset * 10, endSlot: offset * 10 + 9 },
});

function row(
  rowOffset: number,
  of: RootToSettle,
  status: SettlementStatus,
  change: Partial<SettlementRecord> = {},
): LedgerRow {
  const record: SettlementRecord = {
    ...{ channel: of.channel, epoch: of.epoch, root: of.root, status, attempt: 1, signature: null },
    ...{ lastValidBlockHeight: null, slot: null, feeLamports: null, computeUnits: null, reason: null },
    ...{ rootPartition: of.partition, rootOffset: Number(of.offset), at: 0, worker: 'w' },
    ...change,
  };
  return { offset: BigInt(rowOffset), record };
}

function foldLedger(rows: readonly LedgerRow[], partition: number, nextOffset: bigint, from = 0n): LedgerHistory {
  const fold = new LedgerFold(partition, from);
  for (const ledgerRow of rows) fold.add(ledgerRow);
  return fold.history(nextOffset);
}

function laneWith(rows: LedgerRow[], givenUp = false): Lane {
  const lane = new Lane({ partition: 2, generation: 1, isGivenUp: () => givenUp });
  lane.load(foldLedger(rows, 2, BigInt((rows.at(-1)?.offset ?? -1n) + 1n)));
  return lane;
}

function committable(lane: Lane): [bigint, bigint | undefined] | undefined {
  const target = lane.commitTarget();
  return target === undefined ? undefined : [target.offset, ledgerFromOf(target.metadata)];
}

describe('Lane', () => {
  it('gives out the oldest open root of each channel and the next one when it is done', () => {
    const lane = laneWith([]);
    const [first] = ['a', 'b', 'a'].map((channel, offset) => lane.enqueue(root(offset, channel), 0)?.placed);
    expect([...lane.candidates(false)].map(({ root: { offset } }) => offset)).toEqual([0n, 1n]);
    if (first !== undefined) lane.finish(first);
    expect([...lane.candidates(false)].map(({ root: { offset } }) => offset)).toEqual([2n, 1n]);
  });

  it('commits without a gap and keeps the ledger rows of what is open', () => {
    const lane = laneWith([]);
    const roots = ['a', 'b', 'c'].map((channel, offset) => lane.enqueue(root(offset, channel), 0)?.placed);
    roots.forEach((placed, index) => placed !== undefined && lane.noteRow(placed, BigInt(100 + index)));
    if (roots[1] !== undefined) lane.finish(roots[1]);
    expect(committable(lane)).toBeUndefined();
    if (roots[0] !== undefined) lane.finish(roots[0]);
    expect(committable(lane)).toEqual([2n, 102n]);
    lane.committed(2n);
    expect(committable(lane)).toBeUndefined();
    if (roots[2] !== undefined) lane.finish(roots[2]);
    expect(committable(lane)).toEqual([3n, 103n]);
  });

  it('does not count what is done behind a root that is held', () => {
    const lane = laneWith([]);
    const roots = ['held', 'a', 'b'].map((channel, offset) => lane.enqueue(root(offset, channel), 0)?.placed);
    for (const placed of roots.slice(1)) if (placed !== undefined) lane.finish(placed);
    expect(lane.size).toBe(1);
    expect(committable(lane)).toBeUndefined();
  });

  it('keeps the ledger rows of roots that were not read again yet', () => {
    const [done, later] = [root(0, 'a'), root(7, 'b')];
    const lane = laneWith([row(40, later, 'HELD', { reason: 'PROTOCOL_PAUSED: x' }), row(41, done, 'FINALIZED')]);
    lane.enqueue(done, 0);
    expect(committable(lane)).toEqual([1n, 40n]);
  });

  it('keeps the row of a conflict for as long as it stops its channel', () => {
    const refused = root(0, 'a');
    const rows = [row(40, refused, 'CONFLICT', { reason: 'CONFLICT: x' })];
    const stopped = laneWith(rows);
    stopped.enqueue(refused, 0);
    expect(stopped.stoppedBy('a')).toEqual({ epoch: 0n, rowOffset: 40n });
    expect(committable(stopped)).toEqual([1n, 40n]);
    const released = laneWith(rows, true);
    released.enqueue(refused, 0);
    expect(released.stoppedBy('a')).toBeUndefined();
    expect(committable(released)).toEqual([1n, 41n]);
  });

  it('does not let a root that was given up stop its channel', () => {
    expect(laneWith([row(40, root(0, 'a'), 'CONFLICT', { reason: 'GIVEN_UP: x' })]).stoppedBy('a')).toBeUndefined();
  });

  it('hands back the attempts that may still land, whether the roots or the ledger came first', () => {
    const pending = { signature: 's1', lastValidBlockHeight: 9 };
    const rows = [
      row(1, root(0, 'a'), 'PENDING', { ...pending, signature: 's0' }),
      row(2, root(0, 'a'), 'FAILED', { ...pending, signature: 's0' }),
      row(3, root(0, 'a'), 'PENDING', { ...pending, attempt: 2 }),
    ];
    const expected = [{ ...pending, attempt: 2, confirmed: false }];
    expect(laneWith(rows).enqueue(root(0, 'a'), 0)?.open).toEqual(expected);
    const lane = new Lane({ partition: 2, generation: 1, isGivenUp: () => false });
    const placed = lane.enqueue(root(0, 'a'), 0)?.placed;
    const open = lane.load(foldLedger(rows, 2, 4n));
    expect(placed === undefined ? undefined : open.get(placed)).toEqual(expected);
    expect(placed?.job).toMatchObject({ kind: 'inFlight', tally: { attempts: 2 }, open: new Set(['s1']) });
  });

  it('ignores rows of another root at the same offset', () => {
    const lane = laneWith([row(1, { ...root(0, 'a'), root: 'cd'.repeat(32) }, 'FINALIZED')]);
    expect(lane.enqueue(root(0, 'a'), 0)?.placed.job.kind).toBe('waiting');
  });

  it('ignores a batch that is read again', () => {
    const lane = laneWith([]);
    lane.enqueue(root(0, 'a'), 0);
    expect(lane.enqueue(root(0, 'a'), 0)).toBeUndefined();
    expect(lane.size).toBe(1);
  });

  it.each(['', 'replay:x', '{"v":2,"ledgerFrom":3}', '{"v":1,"ledgerFrom":"3"}', 'null'])(
    'reads the whole ledger when the metadata is %j',
    (metadata) => {
      expect(ledgerFromOf(metadata)).toBeUndefined();
    },
  );
});
