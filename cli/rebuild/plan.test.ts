import { describe, expect, it } from '@jest/globals';
import type { RootChange, RootRow } from '../../audit/core/rebuild-roots.ts';
import { keyOfRoot, planSwap, type SwapFacts } from './plan.ts';

const root = (change: RootChange, channel = 'ada', epoch = 7n): RootRow => ({
  channel,
  epoch,
  change,
  standing: change === 'new' ? null : 'aa',
  rebuilt: change === 'gone' ? null : 'bb',
  reasons: [],
});
const facts = (more: Partial<SwapFacts>): SwapFacts => ({
  roots: [root('equal')],
  published: new Set(),
  obstacles: [],
  wentOn: [],
  ...more,
});
const published = new Set([keyOfRoot('ada', 7n)]);

describe('a swap after a rebuild', () => {
  it('takes the tables alone where every root is the one that stands, published and gone on or not', () => {
    expect(planSwap(facts({ published, wentOn: ['ao.stream-events.v1'] }), false)).toMatchObject({
      form: 'tables',
      refusals: [],
    });
  });

  it('goes over to the topics of the side where roots that are nowhere on chain would be others', () => {
    for (const change of ['changed', 'gone'] as const)
      expect(planSwap(facts({ roots: [root(change)] }), false)).toMatchObject({ form: 'topics', refusals: [] });
  });

  it('is refused without the further word where a root that may be on chain would be another, and goes on with it', () => {
    const found = facts({ roots: [root('equal', 'bob'), root('changed')], published });
    const plan = planSwap(found, false);
    expect(plan.onChain).toEqual([root('changed')]);
    expect(plan.refusals).toEqual([expect.stringMatching(/^1 roots would be others .*ada 7.*--even-published/)]);
    expect(planSwap(found, true).refusals).toEqual([]);
    expect(planSwap({ ...found, published: new Set([keyOfRoot('ada', 8n)]) }, false).refusals).toEqual([]);
  });

  it('is refused by every word where a root that may be on chain would be gone: its claims could be paid twice', () => {
    const found = facts({ roots: [root('gone')], published });
    expect(planSwap(found, true).refusals).toEqual([expect.stringMatching(/paid a second time/)]);
  });

  it('is refused where a root cannot be told, or is not emitted yet, or the copied topics went on', () => {
    expect(planSwap(facts({ roots: [root('unknown')] }), true).refusals).toEqual([
      expect.stringMatching(/cannot be told/),
    ]);
    expect(planSwap(facts({ roots: [root('new')] }), true).refusals).toEqual([
      expect.stringMatching(/not emitted yet/),
    ]);
    const behind = facts({ roots: [root('changed')], wentOn: ['ao.settlements.v1'] });
    expect(planSwap(behind, true).refusals).toEqual([expect.stringMatching(/ao\.settlements\.v1 went on since/)]);
  });

  it('is refused for whatever stands in its way, however equal the roots are', () => {
    expect(planSwap(facts({ obstacles: ['Stop the sink.'] }), true).refusals).toEqual(['Stop the sink.']);
  });
});
