/** Answers what clients ask of both gateways, from the legacy tables; it speaks no GraphQL. */

import { createServer } from 'node:http';
import pg from 'pg';
import { needed } from './tables.ts';

export function runGateway(env: NodeJS.ProcessEnv): void {
  const pool = new pg.Pool({ connectionString: needed(env, 'LEGACY_DATABASE_URL'), max: 4 });
  pool.on('error', () => undefined);
  const answer = async (url: string): Promise<[status: number, body: object]> => {
    if (url === '/health') return [200, { status: 'ok' }];
    const [, epoch, channel] = /^\/api\/v1\/epochs\/(\d+)\/channels\/([^/]+)$/.exec(url) ?? [];
    if (epoch === undefined) return [404, { error: 'not_found', message: url }];
    const { rows } = await pool.query<{ root: string; count: number }>(
      'select root, count from roots where epoch = $1 and channel = $2',
      [epoch, channel],
    );
    const [root] = rows;
    return root === undefined ? [404, { error: 'root_not_found', message: url }] : [200, root];
  };
  const server = createServer((request, response) => {
    answer(request.url ?? '')
      .catch((error: unknown): [number, object] => [503, { error: 'unavailable', message: String(error) }])
      .then(([status, body]) => {
        response.writeHead(status, { 'content-type': 'application/json', server: 'legacy' });
        response.end(JSON.stringify(body));
      })
      .catch(() => response.destroy());
  });
  server.listen(Number(needed(env, 'LEGACY_PORT')), '127.0.0.1');
  // What is under way is answered; keep-alive connections are closed.
  process.on('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
