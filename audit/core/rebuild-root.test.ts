import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Input, PartitionState } from '../../processors/epoch-roots/core/partition-state.ts';
import { Progress } from '../../processors/epoch-roots/core/progress.ts';
import { event, mark, RULES } from '../../processors/epoch-roots/testing/records.ts';
import { AppError } from '../../runtime/errors.ts';
import type { RootFinalized } from '../../schemas/records.ts';
import { AGREEMENT_RULES } from '../../simulation/agreement/agreement.ts';
import { wildLog } from '../../simulation/agreement/wild-logs.ts';
import { compareRoot, type Held, verdictOf } from './compare-root.ts';
import type { EventLog } from './event-log.ts';
import { type Rebuilt, rebuildRoot } from './rebuild-root.ts';

/** Logs tried; raise it to try more. */
const LOGS = Number(process.env.AO_TEST_REBUILD_LOGS ?? 300);

function logOf(partitions: ReadonlyMap<number, readonly Input[]>, firstOffset = 0): EventLog {
  return {
    read(onRecord, wanted) {
      for (const [partition, inputs] of partitions) {
        if (wanted?.has(partition) === false) continue;
        for (const [i, input] of inputs.entries()) onRecord({ partition, offset: firstOffset + i, input });
      }
      return Promise.resolve({ firstOffsets: new Map([...partitions.keys()].map((one) => [one, firstOffset])) });
    },
  };
}

const one = (...inputs: Input[]): EventLog => logOf(new Map([[0, inputs]]));

function processorsRoots(log: readonly Input[]): RootFinalized[] {
  const state = new PartitionState(AGREEMENT_RULES, 0, { offset: 0, progress: Progress.start });
  return log.flatMap((input, offset) => {
    try {
      return state.apply(offset, input).flatMap((output) => (output.kind === 'root' ? [output.root] : []));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      state.skip(offset);
      return [];
    }
  });
}

const CLAIMS = [1, 2, 3, 4, 5].map((tx) => event({ tx, slot: tx, channel: 'ada', kind: 'finalized' }));
const SEAL = mark({ from: 0, to: 60 });
const ADA = { channel: 'ada', index: 0 };

describe('a root from the topic alone', () => {
  it('is the one that the processor emits, field by field, over any log, contradictory and broken ones included', async () => {
    let roots = 0;
    for (const { recordsFrom } of fc.sample(wildLog, { numRuns: LOGS, seed: 5 })) {
      const log = recordsFrom(0);
      const emitted = processorsRoots(log);
      for (let index = 0; index < 8; index += 1) {
        for (const channel of ['ada', 'bob']) {
          const epoch = AGREEMENT_RULES.schedule.base + BigInt(index);
          const root = emitted.find((candidate) => candidate.channel === channel && candidate.epoch === epoch);
          const rebuilt = await rebuildRoot(one(...log), AGREEMENT_RULES, { channel, index });
          expect(rebuilt.kind === 'root' ? rebuilt.root : undefined).toEqual(root);
          expect(rebuilt.kind).not.toBe('unknown');
        }
      }
      roots += emitted.length;
    }
    expect(roots).toBeGreaterThan(LOGS);
  });

  it('says that the epoch is open where nothing seals it', async () => {
    const rebuilt = await rebuildRoot(one(...CLAIMS, mark({ from: 0, to: 9 })), RULES, ADA);
    expect(rebuilt.kind).toBe('none');
    expect(rebuilt).toHaveProperty('reason', expect.stringMatching(/open.*slot 9.*slot 9/));
  });

  it('is unknown, never none or valid, where the beginning of the partition is gone', async () => {
    const partitions = new Map([[0, [...CLAIMS, SEAL]]]);
    expect(await rebuildRoot(logOf(partitions, 7), RULES, ADA)).toMatchObject({ kind: 'unknown' });
    const other = { channel: 'nobody', index: 0 };
    expect(await rebuildRoot(logOf(partitions, 7), RULES, other)).toMatchObject({ kind: 'unknown' });
    expect(await rebuildRoot(logOf(partitions), RULES, other)).toMatchObject({ kind: 'none' });
  });

  it('is unknown where the claims of a channel stand in two partitions', async () => {
    const [first, ...others] = CLAIMS;
    const split = new Map([
      [0, [first as Input, SEAL]],
      [1, [...others, SEAL]],
    ]);
    const rebuilt = await rebuildRoot(logOf(split), RULES, ADA);
    expect(rebuilt.kind).toBe('unknown');
    expect(rebuilt).toHaveProperty('reason', expect.stringContaining('0, 1'));
  });
});

describe('a root beside what stands elsewhere', () => {
  const rebuild = async (): Promise<Extract<Rebuilt, { kind: 'root' }>> => {
    const rebuilt = await rebuildRoot(one(...CLAIMS, SEAL), RULES, ADA);
    if (rebuilt.kind !== 'root') throw new Error(rebuilt.reason);
    return rebuilt;
  };

  it('is equal only where every place that was asked holds it', async () => {
    const rebuilt = await rebuild();
    const held: Held = { kind: 'root', root: rebuilt.root, claims: rebuilt.claims };
    const equal = compareRoot(rebuilt, 'postgres', held);
    expect(equal).toMatchObject({ verdict: 'equal', reasons: [] });
    const silent = compareRoot(rebuilt, 'chain', { kind: 'unreadable', reason: 'no answer' });
    const absent = compareRoot(rebuilt, 'chain', { kind: 'absent', reason: 'not published' });
    const leftOut = compareRoot(rebuilt, 'chain', { kind: 'left out' });
    expect(verdictOf([equal, leftOut])).toBe('equal');
    expect(verdictOf([equal, silent])).toBe('unknown');
    expect(verdictOf([equal, absent])).toBe('unknown');
    expect(verdictOf([leftOut])).toBe('unknown');
    expect(verdictOf([compareRoot({ kind: 'unknown', reason: 'cut' }, 'postgres', held)])).toBe('unknown');
    expect(compareRoot({ kind: 'none', reason: 'open' }, 'postgres', held)).toMatchObject({ verdict: 'differs' });
  });

  it('tells the claim that is missing, the one that is too many and the field that was changed', async () => {
    const rebuilt = await rebuild();
    const [, second, third, ...rest] = rebuilt.claims;
    const stranger = { eventId: 'stranger/0', slot: 3, claimer: 'somebody', amount: 1n, id: 'x' };
    const claims = [{ ...second, amount: 9n } as typeof stranger, third as typeof stranger, ...rest, stranger];
    const root = { root: 'ab'.repeat(32), count: 5 };
    const { verdict, reasons } = compareRoot(rebuilt, 'postgres', { kind: 'root', root, claims });
    expect(verdict).toBe('differs');
    expect(reasons.join('\n')).toMatch(/root is abab/);
    expect(reasons.join('\n')).toContain(`claim 0 is missing: ${rebuilt.claims[0]?.eventId}`);
    expect(reasons.join('\n')).toMatch(/amount is 9, the topic gives/);
    expect(reasons.join('\n')).toContain("claim 4 is not in the topic's root: stranger/0");
  });

  it('tells the stored leaf that no claim gives', async () => {
    const rebuilt = await rebuild();
    const leaves = (rebuilt.tree.levels[0] ?? new Uint8Array(0)).slice();
    const last = leaves.length - 1;
    leaves[last] = (leaves[last] ?? 0) ^ 1;
    const { verdict, reasons } = compareRoot(rebuilt, 'postgres', { kind: 'root', root: rebuilt.root, leaves });
    expect(verdict).toBe('differs');
    expect(reasons).toEqual([expect.stringMatching(/^leaf 4 is stored as/)]);
  });
});
