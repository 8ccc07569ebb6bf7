/** Resolvers of Pipeline: each field asks for its own part only. */

import type { PipelineResolvers } from '../../resolvers.generated.ts';

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
