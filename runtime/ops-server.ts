/** The operators' door of a role: /metrics, /livez, /readyz on one small HTTP server. */

import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from '@prometheus-io/client';
import { AppError } from './errors.ts';
import type { Hold } from './holds.ts';

/** Named checks; a role is ready when all are true. */
export type Checks = Readonly<Record<string, boolean>>;

export interface OpsProbes {
  /** False asks the supervisor for a restart: the process hangs and will not recover by itself. */
  live(): boolean;
  ready(): Checks;
  /** What keeps the role from going on; it is not ready while there is anything. */
  held(): readonly Hold[];
}

export interface OpsServer {
  /** Base URL with the port that was really taken, e.g. http://127.0.0.1:9101 */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * @param endpoint URL to serve metrics at; port 0 picks a free one.
 * @throws AppError PORT_TAKEN
 */
export async function startOpsServer(endpoint: URL, registry: Registry, probes: OpsProbes): Promise<OpsServer> {
  const metricsPath = endpoint.pathname === '/' ? '/metrics' : endpoint.pathname;
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://ops').pathname;
    if (request.method !== 'GET')
      reply(response, 405, { error: 'method_not_allowed', message: 'Only GET is served here.' });
    else if (path === metricsPath) void replyMetrics(response, registry);
    else if (path === '/livez') reply(response, probes.live() ? 200 : 503, { live: probes.live() });
    else if (path === '/readyz') {
      const checks = probes.ready();
      const held = probes.held();
      const ready = held.length === 0 && Object.values(checks).every(Boolean);
      reply(response, ready ? 200 : 503, { ready, checks, ...(held.length === 0 ? {} : { held }) });
    } else reply(response, 404, { error: 'not_found', message: `Try ${metricsPath}, /livez or /readyz.` });
  });
  await listen(server, endpoint.hostname.replace(/^\[|\]$/g, ''), endpoint.port === '' ? 80 : Number(endpoint.port));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${endpoint.hostname}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

async function replyMetrics(response: ServerResponse, registry: Registry): Promise<void> {
  try {
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType });
    response.end(text);
  } catch (error) {
    reply(response, 500, { error: 'metrics_failed', message: error instanceof Error ? error.message : String(error) });
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new AppError(
              'PORT_TAKEN',
              `Port ${port} on ${host} is taken; set METRICS_ENDPOINT to another port, or port 0 for a free one.`,
              { cause },
            )
          : cause,
      );
    });
    server.listen(port, host, resolve);
  });
}
