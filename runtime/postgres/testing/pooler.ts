/**
 * A door before PostgreSQL that does to the start of a connection what PgBouncer does: it refuses parameters that it does not
 * know, or, told to ignore them, drops them.
 */

import { type AddressInfo, connect, createServer } from 'node:net';

/** Those that PgBouncer takes. */
const KNOWN = new Set(['user', 'database', 'client_encoding', 'application_name']);

export interface Pooler {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startPooler(databaseUrl: string, unknown: 'refused' | 'ignored'): Promise<Pooler> {
  const target = new URL(databaseUrl);
  const server = createServer((client) => {
    client.on('error', () => client.destroy());
    client.once('data', (start) => {
      const words = start.subarray(8, -1).toString('utf8').split('\0');
      const pairs = Array.from({ length: Math.floor(words.length / 2) }, (_, i) => [words[2 * i], words[2 * i + 1]]);
      const foreign = pairs.find(([name]) => name !== undefined && name !== '' && !KNOWN.has(name));
      if (foreign !== undefined && unknown === 'refused') {
        const fields = `SFATAL\0C08P01\0Munsupported startup parameter: ${foreign[0]}\0\0`;
        const length = Buffer.alloc(4);
        length.writeInt32BE(Buffer.byteLength(fields) + 4);
        client.end(Buffer.concat([Buffer.from('E'), length, Buffer.from(fields)]));
        return;
      }
      const kept = pairs.filter(([name]) => name !== undefined && KNOWN.has(name)).flat();
      const body = Buffer.concat([start.subarray(4, 8), Buffer.from(`${kept.join('\0')}\0\0`)]);
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length + 4);
      const upstream = connect(Number(target.port), target.hostname);
      upstream.on('error', () => client.destroy());
      upstream.on('close', () => client.destroy());
      client.on('close', () => upstream.destroy());
      upstream.write(Buffer.concat([length, body]));
      client.pipe(upstream).pipe(client);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.toString(),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
