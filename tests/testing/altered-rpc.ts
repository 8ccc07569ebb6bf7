/** An RPC server that answers as a chain does, except for what a test changes. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AlteredRpc {
  readonly rpcUrl: string;
  stop(): Promise<void>;
}

/** @param alter Gives the result that is answered in place of the true one. */
export async function startAlteredRpc(
  chainUrl: string,
  alter: (method: string, params: readonly unknown[], result: unknown) => unknown,
): Promise<AlteredRpc> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { method, params } = JSON.parse(body) as { method?: string; params: unknown[] };
      if (method === undefined) {
        // Several calls in one request are not served here.
        response.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid request"}}');
        return;
      }
      fetch(chainUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
        .then((answer) => answer.json() as Promise<Record<string, unknown>>)
        .then((answer) =>
          'result' in answer ? { ...answer, result: alter(method, params, answer['result']) } : answer,
        )
        .then((answer) => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(JSON.stringify(answer));
        })
        .catch(() => response.destroy());
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    rpcUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
