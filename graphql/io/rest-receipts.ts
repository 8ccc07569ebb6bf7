/** What shows that a root is on chain, as plain documents: its receipt, and a proof with it in one bundle. */

import { AttentionOracleError, bundleOfProof } from '@attention-oracle/sdk';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { parseU64 } from '../core/scalars.ts';
import type { GatewayContext } from './context.ts';
import { proofAt } from './proofs.ts';
import { readRoot } from './reads.ts';
import { failure, markCertainty } from './rest-answers.ts';

const epoch = z
  .string()
  .regex(/^\d{1,20}$/, 'must be a whole number')
  .describe('epoch by slot, decimal text');
const index = z
  .string()
  .regex(/^\d{1,10}$/, 'must be a whole number')
  .describe("place of the leaf in the root's tree, from 0");
const digits = z.string().describe('decimal text');
const failures = { 400: failure, 404: failure, 429: failure, 503: failure };

const receiptDocument = z.object({
  channel: z.string(),
  epoch: digits,
  root: z.string(),
  signature: z.string(),
  slot: digits,
  block_time: z.string().nullable().describe('ISO 8601; null where the node knew none'),
  fee_lamports: digits.nullable().describe('of the whole transaction; null where the ledger does not tell'),
  worker: z.string().nullable().describe('null where somebody else sent it'),
  seen_by: z.array(
    z.object({
      listener: z.string(),
      partition: z.number().describe('of ao.stream-events.v1'),
      offset: digits.nullable().describe('null where it was not kept'),
    }),
  ),
  verdicts: z.array(
    z.object({
      listener: z.string(),
      endpoint: z.string(),
      method: z.string(),
      verdict: z.enum(['seen', 'taken_back', 'not_seen', 'unknown']),
    }),
  ),
});

export function registerReceipts(server: FastifyInstance, { context }: { context(): GatewayContext }): void {
  const app = server.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/api/v1/receipts/:channel/:epoch',
    {
      schema: {
        operationId: 'getReceipt',
        tags: ['roots'],
        summary: 'What shows that a root is on chain, and who saw it there',
        description:
          'As `settlement { receipt }` in GraphQL. 404 until listeners have seen the root on chain and stand by it.',
        params: z.object({ channel: z.string().describe('name of the channel'), epoch }),
        response: { 200: receiptDocument, ...failures },
      },
    },
    async (request, reply) => {
      const asked = context();
      const root = await readRoot(asked, request.params.channel, parseU64(request.params.epoch));
      const receipt = root === undefined ? null : await asked.receipts.load(root.rowId);
      markCertainty(reply, asked);
      if (root === undefined || receipt === null)
        return reply.code(404).send({
          error: root === undefined ? 'root_not_found' : 'receipt_not_found',
          message: 'No root of that channel and epoch that listeners have seen on chain.',
        });
      return {
        channel: root.channel,
        epoch: root.epoch.toString(),
        root: receipt.root,
        signature: receipt.signature,
        slot: receipt.slot.toString(),
        block_time: receipt.blockTime?.toISOString() ?? null,
        fee_lamports: receipt.feeLamports?.toString() ?? null,
        worker: receipt.worker,
        seen_by: receipt.sightings.map(({ listener, streamOffset }) => ({
          ...{ listener, partition: receipt.streamPartition, offset: streamOffset?.toString() ?? null },
        })),
        verdicts: receipt.verdicts.map(({ listener, endpoint, method, verdict }) => ({
          ...{ listener, endpoint, method, verdict: verdict.toLowerCase() as 'seen' },
        })),
      };
    },
  );

  app.get(
    '/api/v1/bundles/:channel/:epoch/:index',
    {
      schema: {
        operationId: 'getProofBundle',
        tags: ['claims'],
        summary: 'The proof bundle of one leaf, with the receipt of its root',
        description:
          'What `verifyBundle` of @attention-oracle/sdk and `ao verify` take; its JSON Schema is proof-bundle.schema.json of that package. It has no receipt until listeners have seen the root on chain.',
        params: z.object({ channel: z.string().describe('name of the channel'), epoch, index }),
        response: { 200: z.record(z.string(), z.unknown()), ...failures },
      },
    },
    async (request, reply) => {
      const { channel, ...place } = request.params;
      const asked = context();
      const at = parseU64(place.epoch);
      const [root, proof] = await Promise.all([
        readRoot(asked, channel, at),
        proofAt(channel, at, Number(place.index), asked),
      ]);
      const receipt = root === undefined || proof === null ? null : await asked.receipts.load(root.rowId);
      markCertainty(reply, asked);
      if (root === undefined || proof === null)
        return reply
          .code(404)
          .send({ error: 'proof_not_found', message: 'No stored proof for that channel, epoch and index.' });
      try {
        return { ...bundleOfProof(proof, root.count, receipt) };
      } catch (error) {
        if (!(error instanceof AttentionOracleError)) throw error;
        return reply.code(503).send({
          error: 'settlement_unsound',
          message: `What is stored of the settlement of this root cannot stand in a bundle: ${error.message}. Its proof alone is at /api/v1/proofs/${channel}/${place.epoch}/${place.index}; tell those who run this service.`,
        });
      }
    },
  );
}
