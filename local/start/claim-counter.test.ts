import { describe, expect, it } from '@jest/globals';
import { claimEvent, watermark } from '../../processors/epoch-roots/testing/records.ts';
import { ClaimCounter } from './claim-counter.ts';

describe('the count of claims in the live status', () => {
  it("goes by who vouches: neither a ghost nor another listener's watermark nor a failure counts", () => {
    const counter = new ClaimCounter();
    const seen = [
      claimEvent({ tx: 1, slot: 5 }),
      claimEvent({ tx: 2, slot: 5, source: 'b' }),
      claimEvent({ tx: 3, slot: 5 }),
      claimEvent({ tx: 3, slot: 5, kind: 'retracted' }),
      claimEvent({ tx: 4, slot: 5, kind: 'finalized', succeeded: false }),
      claimEvent({ tx: 4, slot: 5 }),
      claimEvent({ tx: 5, slot: 50, kind: 'finalized' }),
    ];
    for (const [offset, event] of seen.entries()) counter.event(event, 0, offset);
    expect([...counter.counted.values()]).toEqual(['stream-1/1']);
    counter.watermark(watermark({ from: 0, to: 9 }), 1, 20);
    expect(counter.counted.size).toBe(1);
    counter.watermark(watermark({ from: 0, to: 9 }), 0, 20);
    expect([...counter.counted.keys()]).toEqual([seen[6]?.eventId, seen[0]?.eventId]);
  });
});
