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

  it('knows a root that was published once by its epoch and bytes, from the history since its first slot', async () => {
    const published = { epoch: 50n, root: 'ab'.repeat(32), slot: 505, signer: 'somebody' };
    const asked: unknown[] = [];
    const channelHistory = async (channel: string, sinceSlot: number) => {
      asked.push([channel, sinceSlot]);
      return { publications: [published], sinceSlot, complete: 'since' };
    };
    const chain = { channelHistory } as unknown as Chain;
    const guard = new ClaimsGuard(new RpcGate({ chain, now: () => 0, observe: () => undefined }));
    const ring = ringOf(7n);
    expect(await guard.wasPublished(placed(0n, 50n, 500), ring)).toBe(true);
    expect(await guard.wasPublished(placed(1n, 51n, 500), ring)).toBe(false);
    published.root = 'cd'.repeat(32);
    expect(await guard.wasPublished(placed(2n, 50n, 500), ring)).toBe(false);
    expect(asked).toEqual([['lacy', 500]]);
    // Another root in the ring, in the same number of slots, is another history.
    const other = ring.map((slot) => ({ ...slot, root: 'ff'.repeat(32) }));
    await guard.wasPublished(placed(3n, 50n, 500), other);
    await guard.wasPublished(placed(4n, 50n, 501), other);
    expect(asked).toHaveLength(2);
  });
});
