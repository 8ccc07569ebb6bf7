/** The schema as text, for code generators. */

import type { FastifyInstance } from 'fastify';

/** @param text The contract itself: what is made executable has lost the descriptions of the scalars. */
export function registerSchemaFile(app: FastifyInstance, text: string): void {
  app.get('/graphql/schema.graphql', { schema: { hide: true } }, (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send(text),
  );
}
