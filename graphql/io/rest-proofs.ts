/** A proof as a plain document: of a settled root it never changes, so that any cache may hold it for ever. */

import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ByteCache } from '../core/byte-cache.ts';
import { parseU64 } from '../core/scalars.ts';
import type { ProofView } from '../core/views.ts';
import type { Certainty } from './certainty.ts';
import type { GatewayContext } from './context.ts';
import { proofAt } from './proofs.ts';
import { failure, markCertainty } from './rest-answers.ts';

export interface RestProofsOptions {
  context(): GatewayContext;
  /** Of an answer for which nothing is read. */
  certainty(): Certainty;
}

/** Of a settled root: nothing of it changes any more. */
const FOR_EVER = 'public, max-age=31536000, immutable';
/** Of a root that waits to be settled: asked again each time, by its tag. */
const ASK_AGAIN = 'public, no-cache';
const REMEMBERED_BYTES = 16 * 1024 * 1024;

const document = z.object({
  channel: z.string(),
  epoch: z.string().describe('decimal text'),
  index: z.number(),
  user: z.string(),
  amount: z.string().describe('base units, decimal text'),
  id: z.string(),
  leaf: z.string(),
  proof: z.array(z.string()).describe('siblings from the leaf up'),
  root: z.string(),
  recipe: z.string(),
  odd_node: z.enum(['duplicate', 'promote']),
  settled: z.boolean(),
  signature: z.string().nullable().describe('the transaction that published the root; null until it is settled'),
});

interface Settled {
  readonly tag: string;
  readonly body: z.infer<typeof document>;
}

export function registerProofs(server: FastifyInstance, { context, certainty }: RestProofsOptions): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  const settled = new ByteCache<Settled>(REMEMBERED_BYTES);

  app.get(
    '/api/v1/proofs/:channel/:epoch/:index',
    {
      schema: {
        operationId: 'getProof',
        tags: ['claims'],
        summary: 'The proof of one leaf; of a settled root it never changes, and says so',
        description:
          'Of a settled root with `Cache-Control: immutable`, so that any cache may hold it for ever; of another it is asked again by its ETag.',
        params: z.object({
          channel: z.string().describe('name of the channel'),
          epoch: z
            .string()
            .regex(/^\d{1,20}$/, 'must be a whole number')
            .describe('epoch by slot, decimal text'),
          index: z
            .string()
            .regex(/^\d{1,10}$/, 'must be a whole number')
            .describe("place of the leaf in the root's tree, from 0"),
        }),
        response: {
          200: document,
          304: z.null().describe('what the client has, by its ETag, is what there is'),
          400: failure,
          404: failure,
          429: failure,
          503: failure,
        },
      },
    },
    async (request, reply) => {
      const { channel, epoch, index } = request.params;
      const key = `${channel}/${epoch}/${index}`;
      const known = settled.get(key);
      if (known !== undefined) {
        // Never stale, whoever is away: nothing of it can have changed.
        markCertainty(reply, { certainty: certainty() });
        return answer(request.headers['if-none-match'], reply, known, FOR_EVER);
      }
      const asked = context();
      const proof = await proofAt(channel, parseU64(epoch), Number(index), asked);
      markCertainty(reply, asked);
      if (proof === null)
        return reply
          .code(404)
          .header('cache-control', 'no-store')
          .send({ error: 'proof_not_found', message: 'No stored proof for that channel, epoch and index.' });
      // Of the root's bytes and what may still change beside them.
      const tag = `"${proof.root}-${proof.index}${proof.settled ? '' : '-unsettled'}"`;
      const found = { tag, body: documentOf(proof) };
      if (!proof.settled) return answer(request.headers['if-none-match'], reply, found, ASK_AGAIN);
      settled.set(key, found, 2 * JSON.stringify(found).length);
      return answer(request.headers['if-none-match'], reply, found, FOR_EVER);
    },
  );
}

function answer(wanted: string | undefined, reply: FastifyReply, { tag, body }: Settled, cacheControl: string): void {
  void reply.headers({ etag: tag, 'cache-control': cacheControl });
  if (hasTag(wanted, tag)) void reply.code(304).send();
  else void reply.code(200).send(body);
}

/** @param wanted The header If-None-Match: tags, weak ones too, or a star. */
function hasTag(wanted: string | undefined, tag: string): boolean {
  return (wanted ?? '').split(',').some((one) => [tag, '*'].includes(one.trim().replace(/^W\//, '')));
}

function documentOf({ epoch, amount, oddNode, proof, signature, ...rest }: ProofView): Settled['body'] {
  const { channel, index, user, id, leaf, root, recipe, settled } = rest;
  return {
    channel,
    epoch: epoch.toString(),
    index,
    user,
    amount: amount.toString(),
    id,
    leaf,
    proof: [...proof],
    root,
    recipe,
    odd_node: oddNode === 'PROMOTE' ? 'promote' : 'duplicate',
    settled,
    signature,
  };
}
