import { describe, expect, it } from '@jest/globals';
import type { Input } from '../../processors/epoch-roots/core/partition-state.ts';
import { event, mark, RULES } from '../../processors/epoch-roots/testing/records.ts';
import { type Agreement, agreementOf, intersectionOf, ProvenClaims } from './proven-claims.ts';

const ALL = [1, 2, 3, 4, 5, 6].map((tx) => event({ tx, slot: tx * 10, kind: 'finalized' }));

function provenBy(...partitions: readonly (readonly Input[])[]): ProvenClaims {
  const claims = new ProvenClaims(RULES);
  for (const [partition, inputs] of partitions.entries())
    for (const [offset, input] of inputs.entries()) claims.apply({ partition, offset, input });
  return claims;
}

const compare = (here: ProvenClaims, there: ProvenClaims, ofHere = 1, ofThere = 1): Agreement =>
  agreementOf(here, there, { here: ofHere, there: ofThere });

describe('two deployments', () => {
  const whole = provenBy([...ALL, mark({ from: 0, to: 100 })]);

  it('agree whatever the order, the listeners, the partitions and the offsets of their records', () => {
    const live = ALL.map((_, i) => event({ tx: i + 1, slot: (i + 1) * 10, source: 'b' }));
    const [even, odd] = [0, 1].map((rest) => live.filter((_, i) => i % 2 === rest).reverse()) as [Input[], Input[]];
    const seal = mark({ from: 0, to: 100, source: 'b' });
    const other = provenBy([...even, seal], [...odd, seal]);
    expect(compare(whole, other, 1, 2)).toMatchObject({ verdict: 'equal', compared: [{ fromSlot: 0, toSlot: 100 }] });
  });

  it('disagree first at the slot of the claim that one has not, and it is named', () => {
    const lacking = provenBy([...ALL.filter((_, i) => i !== 2 && i !== 4), mark({ from: 0, to: 100 })]);
    const { verdict, firstSlot, onlyHere, onlyThere } = compare(whole, lacking);
    expect({ verdict, firstSlot, onlyThere }).toEqual({ verdict: 'differs', firstSlot: 30, onlyThere: [] });
    expect(onlyHere).toEqual([expect.stringContaining('stream-1:3')]);
    expect(compare(lacking, whole)).toMatchObject({ firstSlot: 30, onlyHere: [], onlyThere: onlyHere });
  });

  it('disagree where a claim has another amount', () => {
    const changed = ALL.map((input) => structuredClone(input));
    const [, second] = changed;
    if (second?.name === 'StreamEvent') second.value.instruction.data.amount = 1n;
    const { firstSlot, onlyHere, onlyThere } = compare(whole, provenBy([...changed, mark({ from: 0, to: 100 })]));
    expect(firstSlot).toBe(20);
    expect([onlyHere.length, onlyThere.length]).toEqual([1, 1]);
  });

  it('say nothing of slots that one of them has not proven, and are unknown where they share none', () => {
    const behind = provenBy([...ALL.slice(0, 3), mark({ from: 0, to: 35 })]);
    expect(compare(whole, behind)).toMatchObject({ verdict: 'equal', compared: [{ fromSlot: 0, toSlot: 35 }] });
    const apart = provenBy([mark({ from: 101, to: 120 })]);
    expect(compare(whole, apart)).toMatchObject({ verdict: 'unknown', compared: [] });
    // A partition that no watermark reached may hold anything.
    expect(compare(whole, provenBy([...ALL, mark({ from: 0, to: 100 })], ALL), 1, 2).verdict).toBe('unknown');
  });
});

it('the intersection of ranges holds what both hold', () => {
  const a = [
    { fromSlot: 0, toSlot: 9 },
    { fromSlot: 20, toSlot: 29 },
  ];
  expect(intersectionOf(a, [{ fromSlot: 5, toSlot: 22 }])).toEqual([
    { fromSlot: 5, toSlot: 9 },
    { fromSlot: 20, toSlot: 22 },
  ]);
});
