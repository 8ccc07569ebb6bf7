import { describe, expect, it } from '@jest/globals';
import type { ExpectedRoot } from '../recorded/expected-roots.ts';
import { type Evidence, judge } from './judge.ts';
import { PARTS, planOf, ROLES } from './plan.ts';

function rootOf(epoch: number, events: readonly string[]): ExpectedRoot {
  const shared = { channel: 'lacy', epoch, slot: 1, signature: 's', claimer: 'c', amount: 1n, id: 'i' };
  const claims = events.map((eventId) => ({ ...shared, eventId }));
  return { channel: 'lacy', epoch, root: `root-${epoch}`, count: claims.length, claims };
}

/** Two roots, of two claims and of one, as they must be. */
function right(): Evidence {
  const expected = [rootOf(10, ['a/0', 'b/0']), rootOf(11, ['c/0'])];
  return {
    expected,
    emitted: expected.map((root) => ({ ...root, epoch: BigInt(root.epoch) })),
    published: expected.map((root) => ({ ...root, succeeded: true, signature: 's' })),
    rows: expected.flatMap(({ claims, ...root }) =>
      claims.map(({ eventId }, index) => ({ ...root, event_id: eventId, epoch: `${root.epoch}`, leaf_index: index })),
    ),
  };
}

describe('the judge of chaos', () => {
  it('finds nothing where everything is right, whatever order it is in', () => {
    const { expected, emitted, published, rows } = right();
    const reversed = {
      expected,
      emitted: emitted.toReversed(),
      published: published.toReversed(),
      rows: rows.toReversed(),
    };
    expect(judge(reversed)).toEqual({ lost: [], doubled: [], changed: [] });
  });

  it.each<[string, (evidence: Evidence) => Partial<Evidence>, keyof ReturnType<typeof judge>]>([
    ['a root that was not emitted', ({ emitted }) => ({ emitted: emitted.slice(1) }), 'lost'],
    ['a root that was not published', ({ published }) => ({ published: published.slice(1) }), 'lost'],
    ['a claim without a row', ({ rows }) => ({ rows: rows.slice(1) }), 'lost'],
    ['a root that was emitted twice', ({ emitted }) => ({ emitted: [...emitted, ...emitted.slice(1)] }), 'doubled'],
    ['a root on chain twice', ({ published }) => ({ published: [...published, ...published.slice(1)] }), 'doubled'],
    ['another root', ({ emitted }) => ({ emitted: emitted.map((root) => ({ ...root, root: 'other' })) }), 'changed'],
    ['a root of no claims', ({ expected }) => ({ expected: expected.slice(1) }), 'changed'],
    [
      'rows in another order',
      ({ rows }) => ({ rows: rows.map((row) => ({ ...row, leaf_index: -row.leaf_index })) }),
      'changed',
    ],
    ['a row too many', ({ rows }) => ({ rows: [...rows, ...rows.slice(0, 1)] }), 'changed'],
  ])('finds %s', (_what, break_, where) => {
    const evidence = right();
    expect(judge({ ...evidence, ...break_(evidence) })[where]).not.toEqual([]);
  });
});

describe('the plan of chaos', () => {
  it('strikes every role and part, freezes some for longer than a session, and follows from the seed', () => {
    const plan = planOf(7, 100, 10_000);
    expect(new Set(plan.map(({ target }) => target))).toEqual(new Set([...ROLES, ...PARTS]));
    const frozen = plan.flatMap(({ frozenMs }) => (frozenMs === undefined ? [] : [frozenMs]));
    expect(frozen.length).toBeGreaterThan(0);
    expect(Math.min(...frozen)).toBeGreaterThan(10_000);
    expect(planOf(7, 100, 10_000)).toEqual(plan);
    expect(planOf(8, 100, 10_000)).not.toEqual(plan);
  });
});
