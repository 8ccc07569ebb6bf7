import { describe, expect, it } from '@jest/globals';
import { globalId, type NodeKey, nodeKeyOf } from './global-id.ts';

const KEYS: readonly NodeKey[] = [
  { type: 'Root', epoch: 7n, channel: 'kaicenat' },
  { type: 'Settlement', epoch: 2n ** 63n, channel: 'with "quotes" | and ümläute, 1' },
  { type: 'Epoch', epoch: 0n },
  { type: 'ClaimNode', eventId: 'signature/2.1' },
];

describe('a global id', () => {
  it.each(KEYS)('gives back what it names: $type', (key) => {
    expect(nodeKeyOf(globalId(key))).toEqual(key);
  });

  it('is another for each thing', () => {
    expect(new Set(KEYS.map(globalId)).size).toBe(KEYS.length);
    expect(globalId({ type: 'Root', epoch: 1n, channel: 'a' })).not.toBe(
      globalId({ type: 'Settlement', epoch: 1n, channel: 'a' }),
    );
  });

  it.each([
    '',
    'nonsense',
    ...[
      '{}',
      'null',
      '["Root"]',
      '["Root","1"]',
      '["Root","one","a"]',
      '["Root",1,"a"]',
      '["Root","1","a","b"]',
      '["Epoch","-1"]',
      '["Epoch","1","2"]',
      '["Epoch","1x"]',
      '["ClaimNode"]',
      '["ClaimNode",7]',
      '["ClaimNode","a","b"]',
      '["Query"]',
      '["__proto__","1"]',
    ].map((text) => Buffer.from(text).toString('base64url')),
  ])('of nobody is refused with a sentence: %p', (id) => {
    expect(() => nodeKeyOf(id)).toThrow(/not a global id/);
  });
});
