import { describe, expect, it } from '@jest/globals';
import { counted, duration, grouped, shortened } from './numbers.ts';

describe('numbers for people', () => {
  it('groups digits beyond what a double holds', () => {
    expect(grouped('18446744073709551615').split('\u202f')).toEqual(['18', '446', '744', '073', '709', '551', '615']);
    expect(grouped('999')).toBe('999');
  });

  it('counts one and many', () => {
    expect([counted('1', 'slot'), counted(0, 'slot'), counted(2n, 'slot')]).toEqual(['1 slot', '0 slots', '2 slots']);
  });

  it('tells how long', () => {
    expect([40, 1500, 59_700, 61_000, 3_720_000, 90_000_000].map(duration)).toEqual([
      '40 ms',
      '1.5 s',
      '1 min 0 s',
      '1 min 1 s',
      '1 h 2 min',
      '1 d 1 h',
    ]);
  });

  it('shortens only what is long', () => {
    expect([shortened('abcdefghijklmnop', 3), shortened('abcdefg', 3)]).toEqual(['abc…nop', 'abcdefg']);
  });
});
