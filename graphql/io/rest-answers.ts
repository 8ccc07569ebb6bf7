/** What answers of the REST facade have in common. */

import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { GatewayContext } from './context.ts';

/** What a client is told that gets no answer. */
export const failure = z.object({ error: z.string(), message: z.string() });

/** What GraphQL tells in `extensions.ao`. */
export function markCertainty(reply: FastifyReply, { certainty }: Pick<GatewayContext, 'certainty'>): void {
  const { provenSlot, lagMs, stale, staleForMs } = certainty.told();
  if (provenSlot !== null) void reply.headers({ 'x-ao-proven-slot': provenSlot, 'x-ao-lag-ms': String(lagMs) });
  if (stale) void reply.headers({ 'x-ao-stale': 'true', 'x-ao-stale-for-ms': String(staleForMs) });
}
