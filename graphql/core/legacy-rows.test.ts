import { describe, expect, it } from '@jest/globals';
import { whyClaimHeld, whyRootHeld } from './legacy-rows.ts';

const HEX = 'Ab'.repeat(32);

describe('a claim of the legacy system', () => {
  const whole = { channel: 'lofi', user: 'fan', slot: 7n, status: 'pending' };

  it.each(['pending', 'included', 'settled'])('is whole with the status %s', (status) => {
    expect(whyClaimHeld({ ...whole, status })).toBeNull();
  });

  it.each([{ channel: null }, { user: null }, { slot: null }])('is held where it does not say: %j', (missing) => {
    expect(whyClaimHeld({ ...whole, ...missing })).toMatch(/does not say whose claim/);
  });

  it.each([['done'], [null]])('is held with the status %j', (status) => {
    expect(whyClaimHeld({ ...whole, status })).toBe(`The status ${status} is none of the legacy system's.`);
  });
});

describe('a root of the legacy system', () => {
  const whole = { root: HEX, status: 'settled' };

  it('is whole where every row of it has the same bytes, however they are written', () => {
    expect(whyRootHeld(whole, [HEX, `0x${HEX}`, HEX.toUpperCase()])).toBeNull();
    expect(whyRootHeld({ root: `0x${HEX}`, status: 'ready_for_settlement' }, [`0x${HEX}`])).toBeNull();
  });

  it.each([[null], [HEX.slice(1)], [`${HEX}0`], [`x${HEX}`], ['Zb'.repeat(32)]])('is held as %j', (root) => {
    expect(whyRootHeld({ ...whole, root }, [root])).toMatch(/not 32 bytes/);
  });

  it('is held where rows of it differ, and says how many there are', () => {
    expect(whyRootHeld(whole, [HEX, HEX, 'cd'.repeat(32)])).toMatch(/holds 3 rows with different roots/);
    expect(whyRootHeld(whole, [HEX, null])).toMatch(/holds 2 rows/);
    expect(whyRootHeld({ ...whole, root: 'ab'.repeat(32) }, ['ab'.repeat(32), 'AB'.repeat(32)])).toBeNull();
    expect(whyRootHeld(whole, [HEX, `${HEX.slice(2)}0x`])).toMatch(/holds 2 rows/);
  });

  it.each([['pending'], [null]])('is held with the status %j', (status) => {
    expect(whyRootHeld({ ...whole, status }, [HEX])).toBe(`The status ${status} is none of the legacy system's.`);
  });
});
