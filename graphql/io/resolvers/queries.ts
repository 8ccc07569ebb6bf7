/** Resolvers of Query and of the types below it. */

import { connection, DEFAULT_PAGE, type PageArgs, pageOf, pageRequest, sizeOf } from '../../core/cursor.ts';
import { globalId } from '../../core/global-id.ts';
import { settlementStatus, stepsToShow } from '../../core/settlement-steps.ts';
import type { QueryResolvers, Resolvers } from '../../resolvers.generated.ts';
import type { GatewayContext } from '../context.ts';
import { explain } from '../explanation.ts';
import { closedGaps, openGaps } from '../gaps.ts';
import { nodeTypeOf, readNode } from '../nodes.ts';
import { pipeline } from '../pipeline.ts';
import { proofAt, proofOf, proofsOf } from '../proofs.ts';
import { readClaim, readClaims, readEpoch, readRoot, readRoots } from '../reads.ts';
import { leavesOfUser } from '../store/claims.ts';
import type { RootFilter } from '../store/roots.ts';
import { unavailable } from '../told-errors.ts';
import { verify } from '../verification.ts';
import { whyNotClaimable } from '../why-not-claimable.ts';
import { pipelineResolvers } from './pipeline.ts';

async function rootConnection(context: GatewayContext, filter: RootFilter, args: PageArgs) {
  const page = pageRequest(args);
  return connection(
    pageOf(await readRoots(context, filter, page), page),
    (root) => [root.epoch, root.rowId],
    (root) => root,
  );
}

const query: QueryResolvers = {
  async claims(_parent, { user, channel, ...args }, context) {
    const page = pageRequest(args);
    return connection(
      pageOf(await readClaims(context, user, channel, page), page),
      (claim) => [claim.slot, claim.rowId],
      (claim) => claim,
    );
  },
  claim: async (_parent, { eventId }, context) => (await readClaim(context, eventId)) ?? null,
  async proofs(_parent, { user, channel, epoch }, context) {
    const root = await readRoot(context, channel, epoch);
    if (root === undefined) return [];
    const leaves = await context.read(`leaves/${user}/${root.rowId}`, (pool) =>
      leavesOfUser(pool, root.rowId, user, root.channel, root.epoch),
    );
    return proofsOf(leaves, context);
  },
  proof: (_parent, { channel, epoch, index }, context) => proofAt(channel, epoch, index, context),
  whyNotClaimable: (_parent, { user, channel, epoch }, context) => whyNotClaimable(user, channel, epoch, context),
  explain: async (_parent, { channel, epoch, index }, context) =>
    (await explain(channel, epoch, index, context)) ?? null,
  root: async (_parent, { channel, epoch }, context) => (await readRoot(context, channel, epoch)) ?? null,
  roots: (_parent, { channel, status, ...args }, context) =>
    rootConnection(context, { channel: channel ?? undefined, status: status ?? undefined }, args),
  settlement: async (_parent, { channel, epoch }, context) => (await readRoot(context, channel, epoch)) ?? null,
  async verify(_parent, { input }, context) {
    const { root, ...verified } = await verify(input, context);
    return {
      ...verified,
      settled: root?.status === 'SETTLED',
      known: root !== undefined,
      channel: root?.channel ?? null,
      epoch: root?.epoch ?? null,
    };
  },
  epoch: async (_parent, { epoch }, context) => (await readEpoch(context, epoch)) ?? null,
  node: async (_parent, { id }, context) => (await readNode(id, context)) ?? null,
  cursors(_parent, _args, { feed }) {
    const [rootFinalized, settlementUpdated, claimIngested] = [
      feed.roots.cursor,
      feed.settlements.cursor,
      feed.claims.cursor,
    ];
    if (rootFinalized === undefined || settlementUpdated === undefined || claimIngested === undefined)
      throw unavailable('The database has not answered yet; try again later.');
    return { rootFinalized, settlementUpdated, claimIngested };
  },
  health: (_parent, _args, { health }) => health.check(),
  gaps: (_parent, _args, context) => openGaps(context),
  closedGaps: (_parent, { first }, context) => closedGaps(context, sizeOf('first', first ?? DEFAULT_PAGE)),
  pipeline: (_parent, _args, context) => pipeline(context),
};

type AnyResolver = (parent: unknown, args: { readonly minSlot?: bigint | null }, context: GatewayContext) => unknown;

/** With `minSlot`, what it reads is read after everything up to that slot is proven. */
function afterMinSlot(resolve: AnyResolver): AnyResolver {
  return async (parent, args, context) => {
    if (args.minSlot != null) await context.reach(args.minSlot);
    return resolve(parent, args, context);
  };
}

const queryAfterMinSlot = Object.fromEntries(
  Object.entries(query).map(([name, resolve]) => [name, afterMinSlot(resolve as AnyResolver)]),
) as QueryResolvers;

export const queryResolvers: Resolvers = {
  Query: queryAfterMinSlot,
  Node: { __resolveType: nodeTypeOf },
  ClaimNode: { id: ({ eventId }) => globalId({ type: 'ClaimNode', eventId }), claim: (claim) => claim },
  Claim: {
    nodeId: ({ eventId }) => globalId({ type: 'ClaimNode', eventId }),
    proof: (claim, _args, context) => proofOf(claim, context),
  },
  ClaimProof: {
    claimable: async (proof, _args, { claimability }) => (await claimability.load(proof)).claimable === true,
    claimability: (proof, _args, { claimability }) => claimability.load(proof),
  },
  LeafExplanation: {
    instructionBytes: async ({ eventId }, _args, { instructions }) => (await instructions.load(eventId)).value,
    instructionBytesUnknown: async ({ eventId }, _args, { instructions }) =>
      (await instructions.load(eventId)).unknown ?? null,
  },
  Pipeline: pipelineResolvers,
  Root: {
    id: ({ epoch, channel }) => globalId({ type: 'Root', epoch, channel }),
    settlement: (root) => root,
    cursor: ({ cursor }) => cursor ?? null,
  },
  SettlementStep: { cursor: ({ cursor }) => cursor ?? null },
  Settlement: {
    id: ({ epoch, channel }) => globalId({ type: 'Settlement', epoch, channel }),
    status: async (root, _args, { steps }) => settlementStatus(await steps.load(root.rowId)),
    settled: (root) => root.status === 'SETTLED',
    settledAt: (root) => root.settledAt,
    signature: (root) => root.signature,
    reason: async (root, _args, { steps }) =>
      root.status === 'SETTLED' ? null : ((await steps.load(root.rowId)).at(-1)?.reason ?? null),
    attempts: async (root, _args, { steps }) => stepsToShow(await steps.load(root.rowId)),
    seenOnChain: (root) => root.seenOnChain,
    receipt: (root, _args, { receipts }) => receipts.load(root.rowId),
  },
  Epoch: {
    id: ({ epoch }) => globalId({ type: 'Epoch', epoch }),
    coverage: async (epoch, _args, { coverage }) => [...(await coverage.load(epoch)).ranges],
    complete: async (epoch, _args, { coverage }) => (await coverage.load(epoch)).holes.length === 0,
    holes: async (epoch, _args, { coverage }) => [...(await coverage.load(epoch)).holes],
    roots: (epoch, args, context) => rootConnection(context, { epoch: epoch.epoch }, args),
  },
};
