/** The explorer page at `/` and the GraphQL IDE at `/graphiql`: files that `npm run explorer` builds. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Where the build lies. */
export const EXPLORER_DIST = fileURLToPath(new URL('../../explorer/dist/', import.meta.url));

const NOT_BUILT =
  'The explorer page is not built here: run `npm run explorer`, then load this again. GraphQL is at /graphql, the REST documentation at /docs.\n';

/** Nothing but what this gateway serves itself; WebAssembly for the SDK's hashes. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
/** The IDE's libraries write styles of their own, with fonts in them. */
const IDE_POLICY = PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
  "font-src 'self'",
  "font-src 'self' data:",
);

/** A file of another content has another name. */
const FOR_EVER = 'public, max-age=31536000, immutable';
/** Asked again each time, by its tag. */
const ASK_AGAIN = 'public, no-cache';

/** @param folder Of the build; it may come later than the gateway. */
export async function registerExplorer(app: FastifyInstance, folder: string): Promise<void> {
  await app.register(async (scope) => {
    await scope.register(fastifyStatic, {
      root: folder,
      serve: false,
      suppressWarning: true,
      cacheControl: false,
      preCompressed: true,
      dotfiles: 'deny',
    });
    const hidden = { schema: { hide: true } };
    const page =
      (file: string, policy: string) =>
      async (_request: unknown, reply: FastifyReply): Promise<FastifyReply> => {
        if (!existsSync(join(folder, file))) return reply.code(404).type('text/plain; charset=utf-8').send(NOT_BUILT);
        return reply.header('content-security-policy', policy).header('cache-control', ASK_AGAIN).sendFile(file);
      };
    scope.get('/', hidden, page('index.html', PAGE_POLICY));
    scope.get('/graphiql', hidden, page('graphiql.html', IDE_POLICY));
    for (const file of ['theme.js', 'favicon.svg'])
      scope.get(`/${file}`, hidden, async (_request, reply) => reply.header('cache-control', ASK_AGAIN).sendFile(file));
    scope.get<{ Params: { '*': string } }>('/assets/*', hidden, async ({ params }, reply) => {
      const file = join('assets', params['*']);
      // What is not there is not kept for ever.
      if (existsSync(join(folder, file))) reply.header('cache-control', FOR_EVER);
      return reply.sendFile(`assets/${params['*']}`);
    });
  });
}
