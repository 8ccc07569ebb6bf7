/** The real registry behind a door that can answer in its place, or not at all. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer in the registry's place; `hang`: none, ever; `cut`: its beginning. */
export type FalseAnswer = { readonly status: number; readonly body: string } | 'hang' | 'cut';

export interface FaultyRegistry {
  readonly url: string;
  /** Asked for each request, `GET /schemas/ids/7`; undefined lets the real registry answer. */
  fault: (request: string) => FalseAnswer | undefined;
  /** Requests so far. */
  readonly requests: readonly string[];
  /** Authorization headers that came. */
  readonly authorizations: ReadonlySet<string | undefined>;
  stop(): Promise<void>;
}

export async function startFaultyRegistry(realUrl: string): Promise<FaultyRegistry> {
  const requests: string[] = [];
  const authorizations = new Set<string | undefined>();
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const request = `${incoming.method} ${incoming.url}`;
      requests.push(request);
      authorizations.add(incoming.headers.authorization);
      const answer = registry.fault(request);
      if (answer === 'hang') return;
      if (answer === 'cut') {
        outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        outgoing.write('{"id":', () => outgoing.destroy());
        return;
      }
      if (answer !== undefined) {
        outgoing.writeHead(answer.status, { 'content-type': 'application/json' });
        outgoing.end(answer.body);
        return;
      }
      const body = Buffer.concat(parts);
      const { method = 'GET', headers } = incoming;
      const type = headers['content-type'];
      fetch(realUrl + incoming.url, {
        method,
        headers: type === undefined ? {} : { 'content-type': type },
        ...(body.length === 0 ? {} : { body }),
      })
        .then(async (real) => {
          outgoing.writeHead(real.status, { 'content-type': real.headers.get('content-type') ?? 'application/json' });
          outgoing.end(await real.text());
        })
        .catch(() => outgoing.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const registry: FaultyRegistry = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: () => undefined,
    requests,
    authorizations,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return registry;
}
