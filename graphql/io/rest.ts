/** The REST facade of the target architecture, for old clients, with its OpenAPI document. */

import { bytesToHex, hexToBytes, normalizeChannel, verifyProof } from '@attention-oracle/sdk';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { parseAddress } from '../core/scalars.ts';
import type { RootView } from '../core/views.ts';
import type { GatewayContext } from './context.ts';
import type { HealthProbe } from './health.ts';
import { proofsOf } from './proofs.ts';
import { claimByEventId, claimsOfUser } from './store/claims.ts';
import { rootByHash, rootOf, rootsById } from './store/roots.ts';

const failure = z.object({ error: z.string(), message: z.string() });
const hash = z.string().regex(/^(0x)?[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits');
const proofShape = z.object({
  channel: z.string(),
  epoch: z.string(),
  index: z.number(),
  amount: z.string().describe('base units, decimal text'),
  id: z.string(),
  proof: z.array(z.string()),
  merkle_root: z.string(),
  settled: z.boolean(),
  claimable: z.boolean(),
});

export interface RestOptions {
  context(): GatewayContext;
  readonly health: HealthProbe;
}

export function registerRest(server: FastifyInstance, { context, health }: RestOptions): void {
  const app = server.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/api/v1/claims/:userId',
    {
      schema: {
        summary: "A user's newest claims with their proofs",
        params: z.object({ userId: z.string().describe('wallet address, base58') }),
        querystring: z.object({ channel: z.string().optional() }),
        response: {
          200: z.object({
            status: z
              .enum(['none', 'pending', 'included', 'settled', 'retracted', 'late', 'unproven'])
              .describe('of the newest claim'),
            proofs: z.array(proofShape),
            merkle_root: z.string().nullable().describe('of the newest proof'),
            settled: z.boolean().describe('of the newest proof'),
          }),
          400: failure,
          503: failure,
        },
      },
    },
    async (request, reply) => {
      const user = parseAddress(request.params.userId);
      const channel = request.query.channel === undefined ? undefined : normalizeChannel(request.query.channel);
      const request_ = context();
      const found = await request_.read(`rest-claims/${user}/${channel ?? ''}`, async (pool) => {
        const claims = await claimsOfUser(pool, user, channel, { first: 100, after: undefined });
        const roots = await rootsById(pool, [...new Set(claims.flatMap(({ rootId }) => rootId ?? []))]);
        const leaves = claims.flatMap((claim) => {
          const root = roots.find(({ rowId }) => rowId === claim.rootId);
          return root === undefined ? [] : [{ claim, root }];
        });
        return { newest: claims[0], proofs: await proofsOf(pool, leaves) };
      });
      markStale(reply, request_);
      return {
        status: (found.newest?.status.toLowerCase() ?? 'none') as 'none',
        proofs: found.proofs.map(({ channel: name, epoch, index, amount, id, proof, root, settled, claimable }) => ({
          channel: name,
          epoch: epoch.toString(),
          index,
          amount: amount.toString(),
          id,
          proof: [...proof],
          merkle_root: root,
          settled,
          claimable,
        })),
        merkle_root: found.proofs[0]?.root ?? null,
        settled: found.proofs[0]?.settled ?? false,
      };
    },
  );

  app.post(
    '/api/v1/verify',
    {
      schema: {
        summary: 'Whether a merkle path leads from a claim to a root',
        body: z.object({
          claim_id: z.string().describe('event id of a claim, or its leaf as 64 hexadecimal digits'),
          merkle_path: z.array(hash).max(64),
          root: hash,
        }),
        response: {
          200: z.object({ valid: z.boolean(), settled: z.boolean() }),
          400: failure,
          404: failure,
          503: failure,
        },
      },
    },
    async (request, reply) => {
      const { claim_id: claimId, merkle_path: path } = request.body;
      const wanted = bytesToHex(hexToBytes(request.body.root));
      const asked = context();
      const root = await asked.read(`root-bytes/${wanted}`, (pool) => rootByHash(pool, wanted));
      const leaf = hash.safeParse(claimId).success ? hexToBytes(claimId) : await storedLeaf(asked, claimId);
      markStale(reply, asked);
      if (leaf === undefined)
        return reply
          .code(404)
          .send({ error: 'claim_not_found', message: 'No claim with that id is in a finalised root.' });
      return {
        valid: verifyProof(leaf, path.map(hexToBytes), hexToBytes(wanted)),
        settled: root?.status === 'SETTLED',
      };
    },
  );

  app.get(
    '/api/v1/epochs/:epoch/channels/:channel',
    {
      schema: {
        summary: 'The root of a channel and epoch',
        params: z.object({ epoch: z.string().regex(/^\d{1,18}$/, 'must be a whole number'), channel: z.string() }),
        response: {
          200: z.object({
            root: z.string(),
            count: z.number(),
            settled_at: z.string().nullable(),
            tx_signature: z.string().nullable(),
          }),
          404: failure,
          503: failure,
        },
      },
    },
    async (request, reply) => {
      const channel = normalizeChannel(request.params.channel);
      const epoch = BigInt(request.params.epoch);
      const asked = context();
      const root = await asked.read(`root/${channel}/${epoch}`, (pool) => rootOf(pool, channel, epoch));
      markStale(reply, asked);
      if (root === undefined)
        return reply
          .code(404)
          .send({ error: 'root_not_found', message: 'No finalised root for that channel and epoch.' });
      return {
        root: root.root,
        count: root.count,
        settled_at: root.settledAt?.toISOString() ?? null,
        tx_signature: root.signature,
      };
    },
  );

  app.get(
    '/health',
    {
      schema: {
        summary: 'Whether the parts that the gateway needs are up',
        response: {
          200: z.object({
            status: z.string(),
            database: z.boolean(),
            queue: z.boolean(),
            program: z.boolean(),
            stale: z.boolean(),
          }),
        },
      },
    },
    () => health.check(),
  );
}

function markStale(reply: FastifyReply, { staleness }: GatewayContext): void {
  if (staleness.stale) void reply.header('x-ao-stale', 'true');
}

async function storedLeaf(context: GatewayContext, eventId: string): Promise<Uint8Array | undefined> {
  return context.read(`leaf/${eventId}`, async (pool) => {
    const claim = await claimByEventId(pool, eventId);
    if (claim?.rootId == null || claim.index === null) return undefined;
    const [root]: RootView[] = await rootsById(pool, [claim.rootId]);
    if (root === undefined) return undefined;
    const [proof] = await proofsOf(pool, [{ claim, root }]);
    return proof === undefined ? undefined : hexToBytes(proof.leaf);
  });
}
