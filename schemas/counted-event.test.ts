import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../simulation/random.ts';
import { readCountedEvent } from './counted-event.ts';
import { recordType, type StreamEvent } from './records.ts';

const EVENT: StreamEvent = {
  eventId: 'sig/0.1',
  timestamp: '2025-11-19T00:00:19.000Z',
  slot: 7,
  signature: 'sig',
  tx: {
    ...{ version: '0', blockTime: 1_763_510_419, feePayer: 'payer', signers: ['payer', 'other'], feeLamports: 5000n },
    ...{ computeUnits: 52_796, error: null },
  },
  instruction: {
    ...{ program: 'Attention Oracle', action: 'claim', name: 'claim_channel_open' },
    data: {
      ...{ claimer: 'claimer', epoch: 1n, index: 3, amount: 2n ** 64n - 1n, id: 'twitch:ada:user' },
      ...{ root: 'ab', requireReceipt: true, mintReceipt: null },
    },
  },
  ...{ channel: 'ada', channelAsSeen: 'Ada', protocolState: 'state', succeeded: true, commitment: 'confirmed' },
  ...{ retracted: false, source: 'north', decoderVersion: 1, raw: Buffer.from([1, 2, 3]) },
};

/** Of a whole record, what its reader keeps; undefined where it is refused. */
function partsOf(read: () => unknown): unknown {
  try {
    const { tx, instruction, ...event } = read() as StreamEvent;
    const { claimer, epoch, amount, id } = instruction.data;
    const { eventId, slot, signature, channel, protocolState, succeeded, commitment, retracted, source } = event;
    const top = { eventId, slot, signature, channel, protocolState, succeeded, commitment, retracted, source };
    return { ...top, blockTime: tx.blockTime, action: instruction.action, claimer, epoch, amount, id };
  } catch {
    return undefined;
  }
}

describe('the parts of an event that decide what counts', () => {
  const whole = recordType('StreamEvent');
  const bytes = whole.toBuffer(EVENT);

  it('are read as the whole record has them, and nothing else is', () => {
    expect(partsOf(() => readCountedEvent(bytes))).toEqual(partsOf(() => EVENT));
    expect(readCountedEvent(bytes)).not.toHaveProperty('raw');
    expect(readCountedEvent(bytes).tx).not.toHaveProperty('feePayer');
  });

  it('are refused exactly where the whole record is: of bytes that were changed, cut or added, one reader counts no more than another', () => {
    const random = new SeededRandom(7);
    const tally = { read: 0, refused: 0 };
    for (let n = 0; n < 20_000; n += 1) {
      const changed = Buffer.from(bytes);
      for (let i = random.between(1, 3); i > 0; i -= 1)
        changed[random.between(0, changed.length - 1)] = random.between(0, 255);
      const cut = n % 5 === 0 ? changed.subarray(0, random.between(0, changed.length)) : changed;
      const given = n % 7 === 0 ? Buffer.concat([cut, Buffer.from([0])]) : cut;
      const expected = partsOf(() => whole.fromBuffer(given));
      expect({ hex: given.toString('hex'), parts: partsOf(() => readCountedEvent(given)) }).toEqual({
        hex: given.toString('hex'),
        parts: expected,
      });
      tally[expected === undefined ? 'refused' : 'read'] += 1;
    }
    expect(Math.min(tally.read, tally.refused)).toBeGreaterThan(1000);
  });
});
