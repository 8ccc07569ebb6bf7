import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ClaimSeed, event, mark, RULES } from '../testing/records.ts';
import { type Input, PartitionState } from './partition-state.ts';
import { Progress } from './progress.ts';

const LAST_SLOT = 79;
const END = 120;

/** What the chain made of a transaction: the slot where it is final, and a fork where it was seen before. */
interface Transaction {
  readonly tx: number;
  readonly finalSlot: number | undefined;
  readonly forkSlot: number | undefined;
  readonly failedOnFork: boolean;
}

const chain: fc.Arbitrary<Transaction[]> = fc
  .array(
    fc.record({
      finalSlot: fc.option(fc.nat(LAST_SLOT), { nil: undefined, freq: 6 }),
      forkSlot: fc.option(fc.nat(LAST_SLOT), { nil: undefined }),
      failedOnFork: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  .map((rows) => rows.map((row, tx) => ({ ...row, tx: tx + 1 })));

/** How a listener behaves: where its watermarks end, and by transaction what its live path saw. */
const behaviour = fc.record({
  ends: fc.uniqueArray(fc.integer({ min: 0, max: END - 1 }), { maxLength: 12 }),
  sawLive: fc.infiniteStream(fc.boolean()),
  sawFork: fc.infiniteStream(fc.boolean()),
  seed: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
});
type Behaviour = typeof behaviour extends fc.Arbitrary<infer T> ? T : never;

const take = <T>(stream: Iterator<T>): T => stream.next().value as T;

/** A listener's records in segments, each closed by a watermark; within a segment, one list a transaction. */
function segmentsOf(
  source: string,
  transactions: readonly Transaction[],
  how: Behaviour,
): { events: Input[][]; proof: Input }[] {
  const [sawLive, sawFork] = [how.sawLive[Symbol.iterator](), how.sawFork[Symbol.iterator]()];
  const seen = transactions.map((transaction) => ({
    ...transaction,
    live: take(sawLive),
    fork: transaction.forkSlot !== transaction.finalSlot && take(sawFork),
  }));
  let from = 0;
  return [...how.ends, END]
    .sort((a, b) => a - b)
    .map((to) => {
      const events = seen.map(({ tx, finalSlot, forkSlot, failedOnFork, live, fork }) => {
        const records: ClaimSeed[] = [];
        const onFork =
          fork && forkSlot !== undefined ? { tx, slot: forkSlot, source, succeeded: !failedOnFork } : undefined;
        const settledAt = finalSlot ?? forkSlot ?? END;
        if (settledAt < from || settledAt > to) return [];
        if (onFork) records.push({ ...onFork, kind: 'confirmed' });
        if (onFork && finalSlot === undefined) records.push({ ...onFork, kind: 'retracted' });
        if (finalSlot !== undefined) {
          if (live && !onFork) records.push({ tx, slot: finalSlot, source, kind: 'confirmed' });
          else records.push({ tx, slot: finalSlot, source, kind: 'finalized' });
        }
        return records.map(event);
      });
      const proof = mark({ from, to, source });
      from = to + 1;
      return { events, proof };
    });
}

/** Merges lists at random, each keeping its own order: what one listener wrote of one transaction stays in order. */
function interleave(lists: readonly (readonly Input[])[], random: Iterator<number>): Input[] {
  const rest = lists.filter(({ length }) => length > 0).map((list) => [...list]);
  const merged: Input[] = [];
  while (rest.length > 0) {
    const index = Math.min(rest.length - 1, Math.floor(take(random) * rest.length));
    const list = rest[index] as Input[];
    merged.push(list.shift() as Input);
    if (list.length === 0) rest.splice(index, 1);
  }
  return merged;
}

function logOf(source: string, transactions: readonly Transaction[], how: Behaviour): Input[] {
  const random = how.seed[Symbol.iterator]();
  return segmentsOf(source, transactions, how).flatMap(({ events, proof }) => [...interleave(events, random), proof]);
}

/** Channel, epoch, root and count of every root: all that does not name a watermark. */
function rootsOf(log: readonly Input[]): string[] {
  const state = new PartitionState(RULES, 0, { offset: 0, progress: Progress.start });
  return log
    .flatMap((input, offset) => state.apply(offset, input))
    .flatMap((output) =>
      output.kind === 'root'
        ? [`${output.root.channel} ${output.root.epoch} ${output.root.root} ${output.root.count}`]
        : [],
    )
    .sort();
}

/** The roots that finality itself gives: every final transaction as one record, in order. */
function truth(transactions: readonly Transaction[]): string[] {
  const finals = transactions.flatMap(({ tx, finalSlot }) =>
    finalSlot === undefined ? [] : [event({ tx, slot: finalSlot, kind: 'finalized' as const })],
  );
  return rootsOf([...finals, mark({ from: 0, to: END })]);
}

describe('roots do not depend on how the events came', () => {
  it('are those of finality, for any listener, any watermarks and any order between them', () => {
    fc.assert(
      fc.property(chain, behaviour, (transactions, how) => {
        expect(rootsOf(logOf('a', transactions, how))).toEqual(truth(transactions));
      }),
      { numRuns: 250 },
    );
  });

  it('are the same when a second listener writes between the records of the first', () => {
    fc.assert(
      fc.property(chain, behaviour, behaviour, (transactions, a, b) => {
        const both = [logOf('a', transactions, a), logOf('b', transactions, b)];
        expect(rootsOf(interleave(both, a.seed[Symbol.iterator]()))).toEqual(truth(transactions));
      }),
      { numRuns: 250 },
    );
  });

  it('are the same when every record is written twice', () => {
    fc.assert(
      fc.property(chain, behaviour, (transactions, how) => {
        const log = logOf('a', transactions, how);
        expect(rootsOf(log.flatMap((input) => [input, input]))).toEqual(truth(transactions));
      }),
      { numRuns: 150 },
    );
  });
});
