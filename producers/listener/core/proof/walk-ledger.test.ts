import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SignatureRow } from '../ports.ts';
import { type Walk, WalkLedger } from './walk-ledger.ts';

const row = (slot: number, name = `sig-${slot}`): SignatureRow => ({
  signature: name,
  slot,
  failed: false,
  blockTime: slot,
});
const walk = (rows: readonly SignatureRow[], changes: Partial<Walk> = {}): Walk => ({
  endpoint: 'a',
  floorSlot: 0,
  boundSlot: 100,
  shownSlot: 100,
  rows: new Map(rows.map((each) => [each.signature, each])),
  ...changes,
});
const times = (count: number, each: Walk): Walk[] => Array.from({ length: count }, () => each);

function ledgerOf(...walks: readonly Walk[]): WalkLedger {
  const ledger = new WalkLedger();
  for (const each of walks) ledger.add(each);
  return ledger;
}

describe('walk ledger', () => {
  it('proves the range by three equal walks of the only provider, and by no fewer', () => {
    const ledger = ledgerOf(...times(2, walk([row(5), row(7)])));
    expect(ledger.provenSlot(0, 1, true)).toBeUndefined();
    ledger.add(walk([row(5), row(7)]));
    expect(ledger.provenSlot(0, 1, true)).toBe(100);
  });

  it('proves nothing by one provider where two must have walked, endpoints at one host being one provider', () => {
    const ledger = ledgerOf(...times(9, walk([row(5)])), ...times(9, walk([row(5)], { endpoint: 'a#2' })));
    expect(ledger.provenSlot(0, 2, true)).toBeUndefined();
    for (const each of times(3, walk([row(5)], { endpoint: 'b' }))) ledger.add(each);
    expect(ledger.provenSlot(0, 2, true)).toBe(100);
  });

  it('a row missing at one provider for good: counts as soon as the other shows it, and is passed once that one does thrice', () => {
    const ledger = ledgerOf(...times(9, walk([row(5)])), ...times(2, walk([row(5), row(7)], { endpoint: 'b' })));
    expect(ledger.provenSlot(0, 2, true)).toBeUndefined();
    ledger.add(walk([row(5), row(7)], { endpoint: 'b' }));
    expect(ledger.provenSlot(0, 2, true)).toBe(100);
    expect(ledger.rows.has('sig-7')).toBe(true);
  });

  it('proves only the slots below the first row that no provider shows time after time', () => {
    const ledger = ledgerOf(...times(3, walk([row(5)])), walk([row(5), row(7)]));
    expect(ledger.provenSlot(0, 1, true)).toBe(6);
  });

  it('a row that comes once as failed and once not: no proof over its slot', () => {
    const failed = { ...row(5), failed: true };
    const ledger = ledgerOf(walk([row(5)]), ...times(3, walk([failed])));
    expect(ledger.provenSlot(0, 1, true)).toBe(4);
  });

  it('counts a row that an earlier walk left out against that walk', () => {
    const change = ledgerOf(walk([row(5)])).add(walk([row(5), row(6)]));
    expect(change.added.map(({ slot }) => slot)).toEqual([6]);
    expect(change.omissions.get('a')).toBe(1);
  });

  it('asks for six walks while no signature of the program is known at all', () => {
    const ledger = ledgerOf(...times(5, walk([])));
    expect(ledger.provenSlot(0, 1, false)).toBeUndefined();
    expect(ledger.provenSlot(0, 1, true)).toBe(100);
    ledger.add(walk([]));
    expect(ledger.provenSlot(0, 1, false)).toBe(100);
  });

  it('proves no further than the back ends are known to have finalised', () => {
    const ledger = ledgerOf(walk([row(5)], { boundSlot: 60, shownSlot: 60 }), ...times(2, walk([row(5)])));
    expect(ledger.provenSlot(0, 1, true)).toBe(60);
  });

  it('trusts walks above what their back ends have shown only when there are six', () => {
    const ledger = ledgerOf(...times(5, walk([row(5)], { shownSlot: 40 })));
    expect(ledger.provenSlot(0, 1, true)).toBe(40);
    ledger.add(walk([row(5)], { shownSlot: 40 }));
    expect(ledger.provenSlot(0, 1, true)).toBe(100);
  });

  it('takes the newest slot of a signature that was shown in two slots', () => {
    const ledger = ledgerOf(walk([row(5, 'x')]), ...times(3, walk([row(9, 'x')])));
    expect(ledger.rows.get('x')?.slot).toBe(9);
    expect(ledger.provenSlot(0, 1, true)).toBe(100);
  });

  it('never proves a slot whose signatures one provider has not shown three times', () => {
    const slots = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(slots, { minLength: 1, maxLength: 8 }), (walks) => {
        const bounds = { boundSlot: 30, shownSlot: 30 };
        const ledger = ledgerOf(
          ...walks.map((shown) =>
            walk(
              shown.map((slot) => row(slot)),
              bounds,
            ),
          ),
        );
        const proven = ledger.provenSlot(0, 1, true);
        for (const { slot } of ledger.rows.values()) {
          const sightings = walks.filter((shown) => shown.includes(slot)).length;
          if (proven !== undefined && slot <= proven) expect(sightings).toBeGreaterThanOrEqual(3);
        }
      }),
    );
  });

  it('forgets what lies below the floor and still proves what lies above', () => {
    const ledger = ledgerOf(...times(3, walk([row(5), row(50)])));
    ledger.prune(40);
    expect([...ledger.rows.keys()]).toEqual(['sig-50']);
    expect(ledger.provenSlot(40, 1, true)).toBe(100);
  });
});
