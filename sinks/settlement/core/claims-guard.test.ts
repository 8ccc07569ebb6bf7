import { describe, expect, it } from '@jest/globals';
import { ClaimsGuard } from './claims-guard.ts';
import { Lane, type PlacedRoot } from './lane.ts';
import type { Chain, RingSlotView } from './ports.ts';
import { RpcGate } from './rpc-gate.ts';

function placed(offset: bigint, epoch: bigint, startSlot: number): PlacedRoot {
  const lane = new Lane({ partition: 0, generation: 1, isGivenUp: () => false });
  const at = { partition: 0, offset, nextOffset: offset + 1n, channel: 'lacy', epoch, root: 'ab'.repeat(32) };
  const added = lane.enqueue({ ...at, startSlot, endSlot: startSlot + 9, recordedAtMs: 0, count: 3 }, 0);
  if (added === undefined) throw new Error('not taken');
  return added.placed;
}

function ringOf(...epochs: bigint[]): RingSlotView[] {
  return epochs.map((epoch) => ({ epoch, root: 'ee'.repeat(32) }));
}

describe('ClaimsGuard', () => {
  it('asks for a history once, and again for an older root or when another root stands in the ring', async () => {
    const asked: number[] = [];
    const channelHistory: Chain['channelHistory'] = async (_channel, sinceSlot) => {
      asked.push(sinceSlot);
      return { publications: [], sinceSlot, complete: 'since' };
    };
    const chain = { channelHistory } as Chain;
    const guard = new ClaimsGuard(new RpcGate({ chain, now: () => 0, observe: () => undefined }));
    const steps = [
      [placed(0n, 50n, 500), ringOf(7n)],
      [placed(1n, 51n, 510), ringOf(7n)],
      [placed(2n, 49n, 490), ringOf(7n)],
      [placed(3n, 51n, 510), ringOf(7n)],
      [placed(4n, 52n, 520), ringOf(7n, 8n)],
    ] as const;
    for (const [at, ring] of steps) expect(await guard.whyNot(at, ring, 'payer')).toBeUndefined();
    expect(asked).toEqual([500, 490, 520]);
  });
});
