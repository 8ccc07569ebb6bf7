/** What stands around the operations in the OpenAPI document of the REST facade. */

import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';

export const OPENAPI: NonNullable<FastifyDynamicSwaggerOptions['openapi']> = {
  openapi: '3.1.0',
  info: {
    title: 'Attention Oracle gateway',
    version: '1',
    description:
      'REST facade; GraphQL at /graphql has more. Every answer says in headers how sure it is: x-ao-proven-slot, x-ao-lag-ms, x-ao-stale, x-ao-stale-for-ms.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    contact: { name: 'Whoever runs this gateway' },
  },
  // Relative: the host that the document was read from.
  servers: [{ url: '/', description: 'This gateway' }],
  tags: [
    { name: 'claims', description: 'Claims of users, and the proofs with which they can be made' },
    { name: 'health', description: 'Whether the parts that the gateway needs are up' },
    { name: 'roots', description: 'Merkle roots by channel and epoch' },
  ],
  // Nothing here is secret.
  security: [],
};
