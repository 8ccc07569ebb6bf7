/** The REST facade of the target architecture, for old clients, with its OpenAPI document. */

import { bytesToHex, hexToBytes } from '@attention-oracle/sdk';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { MAX_PAGE, pageRequest } from '../core/cursor.ts';
import { parseAddress, parseU64 } from '../core/scalars.ts';
import type { Certainty } from './certainty.ts';
import type { GatewayContext } from './context.ts';
import type { HealthProbe } from './health.ts';
import { proofOf, proofsOf } from './proofs.ts';
import { readClaim, readClaims, readRoot } from './reads.ts';
import { failure, markCertainty } from './rest-answers.ts';
import { registerProofs } from './rest-proofs.ts';
import { registerReceipts } from './rest-receipts.ts';
import { verify } from './verification.ts';

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
  claimable: z.boolean().describe('true where the chain says that a claim would be accepted now'),
  claimable_reason: z
    .string()
    .nullable()
    .describe('why it would not be accepted, or why nobody knows; null where it would'),
  claimable_slot: z.string().nullable().describe("slot of the chain's answer; null without one"),
});

const NEWEST = pageRequest({ first: MAX_PAGE });
const NO_PARTS = { leaf: null, user: null, index: null, amount: null, id: null };

export interface RestOptions {
  context(): GatewayContext;
  /** Of an answer for which nothing is read. */
  certainty(): Certainty;
  readonly health: HealthProbe;
}

export function registerRest(server: FastifyInstance, { context, certainty, health }: RestOptions): void {
  const app = server.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/api/v1/claims/:userId',
    {
      schema: {
        operationId: 'getClaims',
        tags: ['claims'],
        summary: "A user's newest claims with their proofs",
        description:
          'At most 100 claims, the newest first; `status` is that of the newest one. A claim that is in no finalised root yet has no proof.',
        params: z.object({ userId: z.string().describe('wallet address, base58') }),
        querystring: z.object({ channel: z.string().optional().describe('claims of this channel only') }),
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
          429: failure,
          503: failure,
        },
      },
    },
    async (request, reply) => {
      const user = parseAddress(request.params.userId);
      const asked = context();
      const claims = (await readClaims(asked, user, request.query.channel, NEWEST)).slice(0, NEWEST.size);
      const proofs = await proofsOf(claims, asked);
      const claimable = await Promise.all(proofs.map((proof) => asked.claimability.load(proof)));
      markCertainty(reply, asked);
      return {
        status: (claims[0]?.status.toLowerCase() ?? 'none') as 'none',
        proofs: proofs.map(({ channel: name, epoch, index, amount, id, proof, root, settled }, at) => ({
          channel: name,
          epoch: epoch.toString(),
          index,
          amount: amount.toString(),
          id,
          proof: [...proof],
          merkle_root: root,
          settled,
          claimable: claimable[at]?.claimable === true,
          claimable_reason: claimable[at]?.reason ?? null,
          claimable_slot: claimable[at]?.slot?.toString() ?? null,
        })),
        merkle_root: proofs[0]?.root ?? null,
        settled: proofs[0]?.settled ?? false,
      };
    },
  );

  app.post(
    '/api/v1/verify',
    {
      schema: {
        operationId: 'verifyClaim',
        tags: ['claims'],
        summary: 'Whether a claim is a leaf of a root of ours, with this merkle path',
        description:
          'A leaf counts only at its place in the stored tree: an inner node, or a root that is not known here, is not valid.',
        body: z.object({
          claim_id: z.string().describe('event id of a claim, or its leaf as 64 hexadecimal digits'),
          merkle_path: z.array(hash).max(64),
          root: hash,
        }),
        response: {
          200: z.object({ valid: z.boolean(), settled: z.boolean() }),
          400: failure,
          404: failure,
          429: failure,
          503: failure,
        },
      },
    },
    async (request, reply) => {
      const { claim_id: claimId, merkle_path: path } = request.body;
      const asked = context();
      const place = hash.safeParse(claimId).success ? { leaf: hexOf(claimId) } : await storedLeaf(asked, claimId);
      if (place === undefined) {
        markCertainty(reply, asked);
        return reply
          .code(404)
          .send({ error: 'claim_not_found', message: 'No claim with that id is in a finalised root.' });
      }
      const input = { ...NO_PARTS, ...place, proof: path.map(hexOf), root: hexOf(request.body.root) };
      const { valid, root } = await verify(input, asked);
      markCertainty(reply, asked);
      return { valid, settled: root?.status === 'SETTLED' };
    },
  );

  app.get(
    '/api/v1/epochs/:epoch/channels/:channel',
    {
      schema: {
        operationId: 'getRoot',
        tags: ['roots'],
        summary: 'The root of a channel and epoch',
        description: 'The epoch is one by slot, as `epoch` of a claim in GraphQL.',
        params: z.object({
          epoch: z
            .string()
            .regex(/^\d{1,20}$/, 'must be a whole number')
            .describe('epoch by slot, decimal text'),
          channel: z.string().describe('name of the channel'),
        }),
        response: {
          200: z.object({
            root: z.string(),
            count: z.number(),
            settled_at: z.string().nullable(),
            tx_signature: z.string().nullable(),
          }),
          400: failure,
          404: failure,
          429: failure,
          503: failure,
        },
      },
    },
    async (request, reply) => {
      const asked = context();
      const root = await readRoot(asked, request.params.channel, parseU64(request.params.epoch));
      markCertainty(reply, asked);
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

  registerProofs(server, { context, certainty });
  registerReceipts(server, { context });

  app.get(
    '/health',
    {
      schema: {
        operationId: 'getHealth',
        tags: ['health'],
        summary: 'Whether the parts that the gateway needs are up',
        description:
          'Always status 200 while the gateway lives; readiness for load balancers is `/readyz` of the operations port.',
        response: {
          200: z.object({
            status: z.string(),
            database: z.boolean(),
            queue: z.boolean(),
            program: z.boolean(),
            stale: z.boolean(),
          }),
          429: failure,
        },
      },
    },
    () => health.check(),
  );
}

const hexOf = (text: string): string => bytesToHex(hexToBytes(text));

/** Leaf and place of a claim; undefined where it is in no root yet. */
async function storedLeaf(
  context: GatewayContext,
  eventId: string,
): Promise<{ leaf: string; index: number } | undefined> {
  const claim = await readClaim(context, eventId);
  const proof = claim === undefined ? null : await proofOf(claim, context);
  return proof === null ? undefined : { leaf: proof.leaf, index: proof.index };
}
