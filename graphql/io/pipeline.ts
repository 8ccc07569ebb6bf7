/** How far the platform is. What cannot be found out is null, never a number. */

import { provenState } from '../core/proven-state.ts';
import type { Pipeline } from '../schema-types.generated.ts';
import type { GatewayContext } from './context.ts';
import { endpointRecords, storedPositions, storedRanges } from './store/coverage.ts';

export async function pipeline({ read, partitions, chainReader, roleLags }: GatewayContext): Promise<Pipeline> {
  const [ranges, records, stored, chain, roles] = await Promise.all([
    read('coverage', storedRanges),
    read('endpoints', endpointRecords),
    read('positions', storedPositions),
    chainReader.slot(),
    roleLags(),
  ]);
  const { point } = provenState(partitions, ranges);
  const behind = (slot: bigint | undefined): bigint | null =>
    slot === undefined || chain.value === null ? null : chain.value > slot ? chain.value - slot : 0n;
  return {
    chainSlot: chain.value,
    chainSlotUnknown: chain.unknown ?? null,
    provenSlot: point?.slot ?? null,
    provenAt: point?.at ?? null,
    slotsBehind: behind(point?.slot),
    lagMs: point === undefined ? null : BigInt(Math.max(0, Date.now() - point.at.getTime())),
    stored,
    endpoints: records.map((record) => ({ ...record, slotsBehind: behind(record.toSlot) })),
    roles: roles.value,
    rolesUnknown: roles.unknown ?? null,
  };
}
