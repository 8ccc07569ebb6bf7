/** Resolvers of Query and of the types below it. */

import { computeClaimLeaf, hexToBytes, normalizeChannel, verifyProof } from '@attention-oracle/sdk';
import { badInput, connection, pageOf, pageRequest } from '../../core/cursor.ts';
import type { ClaimView, RootView } from '../../core/views.ts';
import type { QueryResolvers, Resolvers } from '../../resolvers.generated.ts';
import type { VerifyInput } from '../../schema-types.generated.ts';
import type { GatewayContext } from '../context.ts';
import { proofsOf } from '../proofs.ts';
import { claimByEventId, claimsOfUser, leafByIndex, leavesOfUser } from '../store/claims.ts';
import { coverageOf, epochOf } from '../store/epochs.ts';
import { type RootFilter, rootByHash, rootOf, rootsPage } from '../store/roots.ts';

const readRoot = ({ read }: GatewayContext, channel: string, epoch: bigint): Promise<RootView | undefined> =>
  read(`root/${channel}/${epoch}`, (pool) => rootOf(pool, channel, epoch));

async function rootConnection(
  { read }: GatewayContext,
  filter: RootFilter,
  first: number | null | undefined,
  after: string | null | undefined,
) {
  const page = pageRequest(first, after);
  const key = `roots/${filter.channel ?? ''}/${filter.status ?? ''}/${filter.epoch ?? ''}/${page.first}/${page.after?.join('|') ?? ''}`;
  const rows = await read(key, (pool) => rootsPage(pool, filter, page));
  return connection(
    pageOf(rows, page),
    (root) => [root.epoch, root.rowId],
    (root) => root,
  );
}

const query: QueryResolvers = {
  async claims(_parent, { user, channel, first, after }, { read }) {
    const page = pageRequest(first, after);
    const wanted = channel === null || channel === undefined ? undefined : normalizeChannel(channel);
    const rows = await read(`claims/${user}/${wanted ?? ''}/${page.first}/${page.after?.join('|') ?? ''}`, (pool) =>
      claimsOfUser(pool, user, wanted, page),
    );
    return connection(
      pageOf(rows, page),
      (claim) => [claim.slot, claim.rowId],
      (claim) => claim,
    );
  },
  claim: async (_parent, { eventId }, { read }) =>
    (await read(`claim/${eventId}`, (pool) => claimByEventId(pool, eventId))) ?? null,
  async proofs(_parent, { user, channel, epoch }, context) {
    const root = await readRoot(context, normalizeChannel(channel), epoch);
    if (root === undefined) return [];
    return context.read(`proofs/${user}/${root.rowId}/${root.status}`, async (pool) => {
      const leaves = await leavesOfUser(pool, root.rowId, user, root.channel, root.epoch);
      return proofsOf(
        pool,
        leaves.map((claim) => ({ claim, root })),
      );
    });
  },
  async proof(_parent, { channel, epoch, index }, context) {
    const root = await readRoot(context, normalizeChannel(channel), epoch);
    if (root === undefined) return null;
    const [proof] = await context.read(`proof/${root.rowId}/${index}/${root.status}`, async (pool) => {
      const leaf = await leafByIndex(pool, root.rowId, root.channel, root.epoch, index);
      return leaf === undefined ? [] : proofsOf(pool, [{ claim: leaf, root }]);
    });
    return proof ?? null;
  },
  root: async (_parent, { channel, epoch }, context) =>
    (await readRoot(context, normalizeChannel(channel), epoch)) ?? null,
  roots: (_parent, { channel, status, first, after }, context) =>
    rootConnection(
      context,
      {
        channel: channel === null || channel === undefined ? undefined : normalizeChannel(channel),
        status: status ?? undefined,
      },
      first,
      after,
    ),
  settlement: async (_parent, { channel, epoch }, context) =>
    (await readRoot(context, normalizeChannel(channel), epoch)) ?? null,
  verify: (_parent, { input }, { read }) => verify(input, read),
  epoch: async (_parent, { epoch }, { read }) => (await read(`epoch/${epoch}`, (pool) => epochOf(pool, epoch))) ?? null,
  health: (_parent, _args, { health }) => health.check(),
};

/** Whether a leaf and a proof lead to a root, and what we know of that root. Shared with the REST facade. */
export async function verify(input: VerifyInput, read: GatewayContext['read']) {
  const leaf = input.leaf ?? undefined;
  const bytes = leaf === undefined ? leafOf(input) : hexToBytes(leaf);
  const valid = verifyProof(bytes, input.proof.map(hexToBytes), hexToBytes(input.root));
  const root = await read(`root-bytes/${input.root}`, (pool) => rootByHash(pool, input.root));
  return {
    valid,
    settled: root?.status === 'SETTLED',
    known: root !== undefined,
    channel: root?.channel ?? null,
    epoch: root?.epoch ?? null,
  };
}

function leafOf({ user, index, amount, id }: VerifyInput): Uint8Array {
  if (user == null || index == null || amount == null || id == null) {
    throw badInput('Give leaf, or all of user, index, amount and id.');
  }
  if (index < 0) throw badInput('index must not be negative.');
  return computeClaimLeaf({ claimer: user, index, amount, id });
}

async function proofOfClaim(claim: ClaimView, context: GatewayContext) {
  if (claim.rootId === null) return null;
  const root = await context.roots.load(claim.rootId);
  if (root === undefined) return null;
  const key = `proof/${root.rowId}/${claim.index}/${root.status}`;
  const [proof] = await context.read(key, (pool) => proofsOf(pool, [{ claim, root }]));
  return proof ?? null;
}

export const queryResolvers: Resolvers = {
  Query: query,
  Claim: { proof: (claim, _args, context) => proofOfClaim(claim, context) },
  Root: { settlement: (root) => root },
  Settlement: {
    status: async (root, _args, { steps }) => (await steps.load(root.rowId)).at(-1)?.status ?? null,
    settled: (root) => root.status === 'SETTLED',
    settledAt: (root) => root.settledAt,
    signature: (root) => root.signature,
    reason: async (root, _args, { steps }) =>
      root.status === 'SETTLED' ? null : ((await steps.load(root.rowId)).at(-1)?.reason ?? null),
    attempts: (root, _args, { steps }) => steps.load(root.rowId),
    seenOnChain: (root) => root.seenOnChain,
  },
  Epoch: {
    coverage: (epoch, _args, { read }) => read(`coverage/${epoch.epoch}`, (pool) => coverageOf(pool, epoch.epoch)),
    roots: (epoch, { first, after }, context) => rootConnection(context, { epoch: epoch.epoch }, first, after),
  },
};
