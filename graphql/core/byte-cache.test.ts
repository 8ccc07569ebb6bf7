import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ByteCache } from './byte-cache.ts';

describe('ByteCache', () => {
  it('never holds more bytes than it may, keys and entries counted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ key: fc.string({ maxLength: 200 }), bytes: fc.nat(3000) }), { maxLength: 200 }),
        (writes) => {
          const cache = new ByteCache<number>(10_000);
          for (const { key, bytes } of writes) {
            cache.set(key, bytes, bytes);
            expect(cache.bytes).toBeLessThanOrEqual(10_000);
            expect(cache.bytes).toBeGreaterThanOrEqual(cache.size * 100);
          }
        },
      ),
    );
  });

  it('spares what was used since it came, once', () => {
    const cache = new ByteCache<string>(1000);
    cache.set('a', 'A', 300);
    cache.set('b', 'B', 300);
    expect(cache.get('a')).toBe('A');
    cache.set('c', 'C', 300);
    expect([cache.get('b'), cache.get('c')]).toEqual([undefined, 'C']);
    cache.set('d', 'D', 300);
    expect([cache.get('a'), cache.get('c'), cache.get('d')]).toEqual([undefined, 'C', 'D']);
  });

  it('does not keep what is larger than itself, nor the value that it would have replaced', () => {
    const cache = new ByteCache<string>(1000);
    cache.set('a', 'old', 10);
    cache.set('a', 'new', 1000);
    expect(cache.get('a')).toBeUndefined();
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
  });
});
