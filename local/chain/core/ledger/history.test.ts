import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { encodeBase58 } from '../encoding/base58.ts';
import { History } from './history.ts';
import type { TransactionRecord } from './record.ts';

function record(number: number): TransactionRecord {
  const half = createHash('sha256').update(`${number}`).digest();
  const signature = new Uint8Array(Buffer.concat([half, half]));
  return {
    slot: Math.floor(number / 3),
    blockTime: number % 5 === 0 ? null : number,
    signature,
    id: encodeBase58(signature),
    errorText: number % 4 === 0 ? `{"InstructionError":[0,{"Custom":${number % 8}}]}` : 'null',
    memo: number % 7 === 0 ? `memo ${number}` : null,
    wire: new Uint8Array(Buffer.from(`wire ${number}`)),
    metaText: JSON.stringify({ number, logMessages: ['Program log: Instruction: ClaimChannelOpen'] }),
    accountKeys: ['program', `channel ${number % 10}`, `user ${number}`],
  };
}

describe('the history', () => {
  it('gives back what was appended, and forgets the oldest over its limit', () => {
    const history = new History(8_192);
    const records = Array.from({ length: 20_000 }, (_, number) => record(number));
    for (const one of records) history.append(one);
    expect(history.next).toBe(20_000);
    expect(history.next - history.floor).toBeGreaterThanOrEqual(8_192);
    expect(history.next - history.floor).toBeLessThanOrEqual(8_192 + 2 * 4_096);
    for (const [number, one] of records.entries()) {
      if (number % 7 !== 0) continue;
      const sequence = history.find(one.signature);
      if (number < history.floor) {
        expect(sequence).toBeNull();
        continue;
      }
      expect(sequence).toBe(number);
      const { slot, blockTime, id, errorText, memo } = one;
      expect(history.row(number)).toEqual({ slot, blockTime, id, errorText, memo });
      expect(Buffer.from(history.wire(number)).toString()).toBe(`wire ${number}`);
      expect(history.metaText(number)).toBe(one.metaText);
    }
    const expected = records.flatMap((_, number) => (number >= history.floor && number % 10 === 3 ? [number] : []));
    expect([...history.newestFirst('channel 3', 20_000)]).toEqual(expected.reverse());
    expect([...history.newestFirst('user 19999', 20_000)]).toEqual([19_999]);
    expect([...history.newestFirst('user 19999', 19_999)]).toEqual([]);
    expect([...history.newestFirst('user 5', 20_000)]).toEqual([]);
  });

  it('finds the first transaction at or after a slot', () => {
    const history = new History(100);
    for (const slot of [3, 3, 5, 9]) history.append({ ...record(history.next), slot });
    expect([0, 3, 4, 5, 6, 9, 10].map((slot) => history.firstAtSlot(slot))).toEqual([0, 0, 2, 2, 3, 3, 4]);
  });
});
