import { describe, expect, it } from '@jest/globals';
import { drawExplanation, type Explanation } from './explanation.ts';

const explanation = {
  claim: {
    channel: 'lacy',
    user: 'USER',
    epoch: '10',
    amount: '7',
    id: 'twitch:lacy:fan',
    status: 'SETTLED',
    index: 2,
  },
  root: {
    ...{
      channel: 'lacy',
      epoch: '10',
      root: 'ab'.repeat(32),
      count: 3,
      recipe: 'claim-v0',
      startSlot: '100',
      endSlot: '199',
    },
    settlement: { status: 'FINALIZED', settled: true, seenOnChain: true, signature: 'PUBLICATION', reason: null },
  },
  ...{ signature: 'CLAIM', slot: '123', instruction: '2.1', vouchers: ['listener-1', 'listener-2'] },
  provenBy: [{ source: 'listener-1', method: 'block-scan', fromSlot: '100', toSlot: '150' }],
} as unknown as Explanation;

describe('the drawing of a leaf', () => {
  it('goes from the publication of its root down to its transaction and what proves its slot', () => {
    expect(drawExplanation({ ...explanation, claim: { ...explanation.claim, claimedAt: null } })).toEqual([
      'lacy, epoch 10 (slots 100–199)',
      '├─ published by PUBLICATION (settled, seen on chain)',
      `└─ root ${'ab'.repeat(32)} (claim-v0)`,
      '   └─ leaf 2 of 3, id twitch:lacy:fan',
      '      └─ claim of 7 by USER (SETTLED)',
      '         └─ transaction CLAIM',
      '            ├─ instruction 2.1',
      '            ├─ vouched for by listener-1, listener-2',
      '            └─ slot 123 is proven by',
      '               └─ listener-1, block-scan: slots 100–150',
    ]);
  });

  it('says that a root is not published, and that no range proves the slot', () => {
    const settlement = {
      status: null,
      settled: false,
      seenOnChain: false,
      signature: null,
      reason: null,
      settledAt: null,
    };
    const drawn = drawExplanation({
      ...explanation,
      root: { ...explanation.root, settlement },
      vouchers: [],
      provenBy: [],
    }).join('\n');
    expect(drawn).toContain('not published: not begun');
    expect(drawn).toContain('nobody stands by it any more');
    expect(drawn).toContain('final before any range proved it');
  });
});
