import { expect, it } from '@jest/globals';
import type { Input } from '../../processors/epoch-roots/core/partition-state.ts';
import { event, mark, RULES } from '../../processors/epoch-roots/testing/records.ts';
import type { EventLog } from './event-log.ts';
import { changesOf, type RebuiltRoots, rebuildRoots } from './rebuild-roots.ts';

const LOG = [1, 2, 11, 12, 21].map((slot) => event({ tx: slot, slot, channel: 'ada', kind: 'finalized' }));
const SEALS = [mark({ from: 0, to: 16 }), mark({ from: 17, to: 26 }), mark({ from: 27, to: 60 })];

function logOf(inputs: readonly Input[], firstOffset = 0): EventLog {
  return {
    read(onRecord) {
      for (const [i, input] of inputs.entries()) onRecord({ partition: 0, offset: firstOffset + i, input });
      return Promise.resolve({ firstOffsets: new Map([[0, firstOffset]]) });
    },
  };
}

const changes = (rebuilt: RebuiltRoots, standing: RebuiltRoots['roots']): string[] =>
  changesOf(rebuilt, standing).map(({ epoch, change }) => `${epoch} ${change}`);

it('a rebuild under the same rules changes nothing, and tells a root that is not emitted yet from one that is', async () => {
  const rebuilt = await rebuildRoots(logOf([...LOG, ...SEALS]), RULES);
  expect(rebuilt.roots).toHaveLength(3);
  expect(changes(rebuilt, rebuilt.roots)).toEqual(['0 equal', '1 equal', '2 equal']);
  expect(changes(rebuilt, rebuilt.roots.slice(0, 2))).toEqual(['0 equal', '1 equal', '2 new']);
});

it('a rebuild under other rules tells each field that would be another', async () => {
  const { roots } = await rebuildRoots(logOf([...LOG, ...SEALS]), RULES);
  const other = await rebuildRoots(logOf([...LOG, ...SEALS]), { ...RULES, recipe: 'claim-v1' });
  const [first] = changesOf(other, roots);
  expect(first?.change).toBe('changed');
  expect(first?.reasons).toEqual([
    `root is ${roots[0]?.root}, would be ${other.roots[0]?.root}`,
    'recipe is claim-v0, would be claim-v1',
  ]);
});

it('a root that stands and that no record gives is gone; one of records that were not read is left out', async () => {
  const all = await rebuildRoots(logOf([...LOG, ...SEALS]), RULES);
  const lacking = await rebuildRoots(
    logOf([...LOG.slice(2), event({ tx: 99, slot: 70 }), mark({ from: 0, to: 5 }), ...SEALS]),
    RULES,
  );
  expect(changes(lacking, all.roots)).toContain('0 gone');
  const behind = await rebuildRoots(logOf([...LOG, ...SEALS.slice(0, 2)]), RULES);
  expect(changes(behind, all.roots)).toEqual(['0 equal', '1 equal']);
});

it('nothing is equal, changed or gone where the beginning of the partition is gone', async () => {
  const { roots } = await rebuildRoots(logOf([...LOG, ...SEALS]), RULES);
  const cut = await rebuildRoots(logOf([...LOG.slice(1), ...SEALS], 1), RULES);
  expect(new Set(changesOf(cut, roots).map(({ change }) => change))).toEqual(new Set(['unknown']));
});
