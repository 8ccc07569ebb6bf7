/**
 * A signer as a process of its own, for tests: the two calls of the transit interface that settlement uses. Reads the secret key as
 * a JSON list from its standard input, prints its port. `PUT mode/NAME` changes how it behaves.
 */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Keypair } from '@solana/web3.js';
import { localKey } from '../io/local-key.ts';

export type SignerMode = 'signs' | 'refuses' | 'fails' | 'signs something else' | 'has no such key';

const TOKEN = 'token-of-the-tests';
const keys = [Keypair.fromSecretKey(Uint8Array.from(JSON.parse(await text(process.stdin)) as number[]))];
let mode: SignerMode = 'signs';

async function answerTo(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const [, kind, name] = decodeURIComponent(request.url ?? '').split('/');
  if (kind === 'mode') {
    mode = name as SignerMode;
    return { status: 200, body: {} };
  }
  if (kind === 'rotate') {
    keys.push(Keypair.generate());
    return { status: 200, body: { address: keys.at(-1)?.publicKey.toBase58() } };
  }
  if (mode === 'fails') return { status: 503, body: { errors: ['sealed'] } };
  if (mode === 'refuses' || request.headers['x-vault-token'] !== TOKEN) return { status: 403, body: { errors: [] } };
  if (kind === 'keys') {
    const shown = mode === 'has no such key' ? [] : keys;
    const versions: Record<string, { public_key: string }> = {};
    for (const [index, { publicKey }] of shown.entries()) {
      versions[index + 1] = { public_key: Buffer.from(publicKey.toBytes()).toString('base64') };
    }
    return { status: 200, body: { data: { latest_version: shown.length, keys: versions } } };
  }
  const { input, key_version: version } = JSON.parse(await text(request)) as { input: string; key_version: number };
  const message = Buffer.from(mode === 'signs something else' ? '' : input, 'base64');
  const signature = await localKey(keys[version - 1] as Keypair).sign(message);
  return {
    status: 200,
    body: { data: { signature: `vault:v${version}:${Buffer.from(signature).toString('base64')}` } },
  };
}

const server = createServer((request, response) => {
  void answerTo(request).then(({ status, body }) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
