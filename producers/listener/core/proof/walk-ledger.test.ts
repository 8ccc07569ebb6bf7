import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SignatureRow } from '../ports.ts';
import { OmissionRates } from './omission-rates.ts';
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

/** Rates of endpoints with a long clean record. */
function trusted(...endpoints: string[]): OmissionRates {
  const rates = new OmissionRates();
  for (const endpoint of endpoints) for (let walks = 0; walks < 50; walks += 1) rates.observed(endpoint, 1000);
  return rates;
}

function ledgerOf(rates: OmissionRates, ...walks: readonly Walk[]): WalkLedger {
  const ledger = new WalkLedger(rates);
  for (const each of walks) ledger.add(each);
  return ledger;
}

describe('walk ledger', () => {
  it('proves nothing by one walk, and the range by two that agree', () => {
    const ledger = ledgerOf(trusted('a'), walk([row(5), row(7)]));
    expect(ledger.provenSlot(0, true)).toBeUndefined();
    ledger.add(walk([row(5), row(7)]));
    expect(ledger.provenSlot(0, true)).toBe(100);
  });

  it('proves only the slots below the first one on which walks disagree', () => {
    const ledger = ledgerOf(trusted('a', 'b'), walk([row(5), row(7)]), walk([row(5)], { endpoint: 'b' }));
    expect(ledger.provenSlot(0, true)).toBe(6);
  });

  it('counts a row that an earlier walk left out against that walk, and needs more walks from then on', () => {
    const rates = trusted('a');
    const ledger = ledgerOf(rates, walk([row(5)]));
    const before = rates.risk('a');
    const change = ledger.add(walk([row(5), row(6)]));
    expect(change.added.map(({ slot }) => slot)).toEqual([6]);
    expect(change.omissions.get('a')).toBe(1);
    expect(rates.risk('a')).toBeGreaterThan(before);
  });

  it('does not let two walks of a lossy endpoint prove anything', () => {
    const rates = trusted('a');
    rates.omitted('a', 5000);
    const rows = [row(5), row(7)];
    const ledger = ledgerOf(rates, walk(rows), walk(rows));
    expect(ledger.provenSlot(0, true)).toBeUndefined();
    for (let walks = 0; walks < 6; walks += 1) ledger.add(walk(rows));
    expect(ledger.provenSlot(0, true)).toBe(100);
  });

  it('asks for more walks of an endpoint without a record', () => {
    const ledger = ledgerOf(new OmissionRates(), walk([row(5)]), walk([row(5)]));
    expect(ledger.provenSlot(0, true)).toBeUndefined();
    ledger.add(walk([row(5)]));
    ledger.add(walk([row(5)]));
    expect(ledger.provenSlot(0, true)).toBe(100);
  });

  it('asks for more walks while no signature of the program is known at all', () => {
    const ledger = ledgerOf(trusted('a'), walk([]), walk([]));
    expect(ledger.provenSlot(0, false)).toBeUndefined();
    expect(ledger.provenSlot(0, true)).toBe(100);
    ledger.add(walk([]));
    expect(ledger.provenSlot(0, false)).toBe(100);
  });

  it('proves no further than the back ends are known to have finalised', () => {
    const lagging = { boundSlot: 60, shownSlot: 60 };
    const ledger = ledgerOf(trusted('a'), walk([row(5)], lagging), walk([row(5)]));
    expect(ledger.provenSlot(0, true)).toBe(60);
  });

  it('trusts a walk above what its back end has shown only after several of them', () => {
    const unknown = { shownSlot: 40 };
    const ledger = ledgerOf(trusted('a'), walk([row(5)], unknown), walk([row(5)], unknown));
    expect(ledger.provenSlot(0, true)).toBe(40);
    for (let walks = 0; walks < 3; walks += 1) ledger.add(walk([row(5)], unknown));
    expect(ledger.provenSlot(0, true)).toBe(100);
  });

  it('takes the newest slot of a signature that was shown in two slots', () => {
    const ledger = ledgerOf(trusted('a'), walk([row(5, 'x')]), walk([row(9, 'x')]));
    expect(ledger.rows.get('x')?.slot).toBe(9);
    for (let walks = 0; walks < 3; walks += 1) ledger.add(walk([row(9, 'x')]));
    expect(ledger.provenSlot(0, true)).toBe(100);
  });

  it('never proves a slot whose signatures two walks have not both shown exactly', () => {
    const slots = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(slots, { minLength: 1, maxLength: 6 }), (walks) => {
        const ledger = new WalkLedger(trusted('a'));
        for (const shown of walks)
          ledger.add(
            walk(
              shown.map((slot) => row(slot)),
              { boundSlot: 30, shownSlot: 30 },
            ),
          );
        const proven = ledger.provenSlot(0, true);
        for (const { slot } of ledger.rows.values()) {
          const sightings = walks.filter((shown) => shown.includes(slot)).length;
          if (proven !== undefined && slot <= proven) expect(sightings).toBeGreaterThanOrEqual(2);
        }
      }),
    );
  });

  it('forgets what lies below the floor and still proves what lies above', () => {
    const ledger = ledgerOf(trusted('a'), walk([row(5), row(50)]), walk([row(5), row(50)]));
    ledger.prune(40);
    expect([...ledger.rows.keys()]).toEqual(['sig-50']);
    expect(ledger.provenSlot(40, true)).toBe(100);
  });
});
