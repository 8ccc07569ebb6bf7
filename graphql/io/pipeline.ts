/**
 * How far the platform is. What cannot be found out is null, never a number. Each part is asked for by itself: where the database is
 * away, what the chain and Kafka tell is told all the same.
 */

import { provenState } from '../core/proven-state.ts';
import type { PipelineResolvers } from '../resolvers.generated.ts';
import type { RoleLag } from '../schema-types.generated.ts';
import type { Known } from './chain/chain-reader.ts';
import type { GatewayContext } from './context.ts';
import {
  type EndpointRecord,
  endpointRecords,
  type StoredPosition,
  storedPositions,
  storedRanges,
} from './store/coverage.ts';

/** Each part is asked for once, by the first field that wants it. */
export interface PipelineView {
  proven(): Promise<ReturnType<typeof provenState>>;
  endpoints(): Promise<EndpointRecord[]>;
  stored(): Promise<StoredPosition[]>;
  chain(): Promise<Known<bigint>>;
  roles(): Promise<Known<Omit<RoleLag, '__typename'>[]>>;
}

export function pipeline({ read, partitions, chainReader, roleLags }: GatewayContext): PipelineView {
  return {
    proven: once(async () => provenState(partitions, await read('coverage', storedRanges))),
    endpoints: once(() => read('endpoints', endpointRecords)),
    stored: once(() => read('positions', storedPositions)),
    chain: once(() => chainReader.slot()),
    roles: once(() => roleLags()),
  };
}

export const pipelineResolvers: PipelineResolvers = {
  chainSlot: async ({ chain }) => (await chain()).value,
  chainSlotUnknown: async ({ chain }) => (await chain()).unknown ?? null,
  provenSlot: async ({ proven }) => (await proven()).point?.slot ?? null,
  provenAt: async ({ proven }) => (await proven()).point?.at ?? null,
  async slotsBehind({ proven, chain }) {
    const [{ point }, { value }] = await Promise.all([proven(), chain()]);
    return behind(value, point?.slot);
  },
  async lagMs({ proven }) {
    const { point } = await proven();
    return point === undefined ? null : BigInt(Math.max(0, Date.now() - point.at.getTime()));
  },
  stored: ({ stored }) => stored(),
  async endpoints({ endpoints, chain }) {
    const [records, { value }] = await Promise.all([endpoints(), chain()]);
    return records.map((record) => ({ ...record, slotsBehind: behind(value, record.toSlot) }));
  },
  roles: async ({ roles }) => (await roles()).value,
  rolesUnknown: async ({ roles }) => (await roles()).unknown ?? null,
};

/** Slots of the chain behind that one; null where one of the two is not known. */
function behind(chainSlot: bigint | null, slot: bigint | undefined): bigint | null {
  if (slot === undefined || chainSlot === null) return null;
  return chainSlot > slot ? chainSlot - slot : 0n;
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}
