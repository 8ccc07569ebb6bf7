/** The context of one request: batched loads, and reads that fall back on remembered answers. */

import DataLoader from 'dataloader';
import type { Pool } from '../../runtime/postgres/pool.ts';
import type { HexProof } from '../../runtime/postgres/tree-blocks.ts';
import { coverageOf } from '../core/coverage.ts';
import { isProvenSlot } from '../core/proven-state.ts';
import type { EpochView, ProofView } from '../core/views.ts';
import { Certainty } from './certainty.ts';
import type { GatewayContext, GatewayServices } from './context.ts';
import { type LeafPlace, ProofStore } from './proof-store.ts';
import { provenRanges } from './store/epochs.ts';
import { receiptsOfRoots } from './store/receipts.ts';
import { stepsOfRoots } from './store/settlements.ts';
import { minSlotNotReached } from './told-errors.ts';

export function requestContext(services: GatewayServices): GatewayContext {
  const { answers, proofs, chain, chainReader } = services;
  const certainty = new Certainty(() => services.proven.point);
  const wanted = new Set<bigint>();
  const read = async <T>(key: string, ask: (pool: Pool) => Promise<T>): Promise<T> => {
    const { answer, ...asked } = await answers.read(key, ask);
    for (const slot of wanted) if (!isProvenSlot(asked.proven, slot)) throw minSlotNotReached(slot, asked.proven);
    certainty.add(asked);
    return answer;
  };
  const list = (ids: readonly number[]): string => [...ids].sort((a, b) => a - b).join(',');
  return {
    ...services,
    certainty,
    read,
    async reach(slot) {
      await services.proven.reach(slot);
      wanted.add(slot);
    },
    steps: new DataLoader(async (ids) => {
      const steps = await read(`steps/${list(ids)}`, (pool) => stepsOfRoots(pool, ids));
      return ids.map((id) => steps.get(id) ?? []);
    }),
    receipts: new DataLoader(async (ids) => {
      const receipts = await read(`receipts/${list(ids)}`, (pool) => receiptsOfRoots(pool, ids));
      return ids.map((id) => receipts.get(id) ?? null);
    }),
    knownProof: (place) => proofs.known(place),
    proofNodes: new DataLoader(
      async (places: readonly LeafPlace[]) => {
        const missing = places.filter((place) => proofs.known(place) === undefined);
        // Not remembered as an answer: the store does that, leaf by leaf.
        const found = missing.length === 0 ? [] : await answers.ask((pool) => proofs.read(pool, missing));
        const byKey = new Map(missing.map((place, at) => [ProofStore.keyOf(place), found[at]]));
        return places.map((place): HexProof | undefined => byKey.get(ProofStore.keyOf(place)) ?? proofs.known(place));
      },
      { cacheKeyFn: ProofStore.keyOf },
    ),
    coverage: new DataLoader(
      (epochs: readonly EpochView[]) =>
        Promise.all(
          epochs.map(async ({ epoch, startSlot, endSlot }) => {
            const proven = await read(`coverage/${epoch}`, (pool) => provenRanges(pool, epoch));
            return coverageOf({ fromSlot: Number(startSlot), toSlot: Number(endSlot) }, services.partitions, proven);
          }),
        ),
      { cacheKeyFn: ({ epoch }) => epoch },
    ),
    instructions: new DataLoader((eventIds: readonly string[]) =>
      Promise.all(eventIds.map((eventId) => chainReader.instruction(eventId))),
    ),
    claimability: new DataLoader((asked: readonly ProofView[]) => chain.check(asked)),
  };
}
