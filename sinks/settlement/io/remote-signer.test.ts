import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Keypair } from '@solana/web3.js';
import { type SignerProcess, startSigner } from '../testing/signer-process.ts';
import { RemoteSigner } from './remote-signer.ts';

const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const MESSAGE = Buffer.from('the message of a transaction');

describe('a remote signer', () => {
  const keypair = Keypair.generate();
  let process: SignerProcess;
  let signer: RemoteSigner;
  let nowMs = 0;

  beforeAll(async () => {
    process = await startSigner(keypair);
  });
  beforeEach(async () => {
    await process.behave('signs');
    signer = new RemoteSigner({ url: process.url, key: 'settlement', tokenFile: process.tokenFile, now: () => nowMs });
  });
  afterAll(() => process.stop());

  it('signs with the key that it shows', async () => {
    const key = await signer.load();
    expect(key.address).toBe(keypair.publicKey.toBase58());
    const publicKey = createPublicKey({
      key: Buffer.concat([SPKI, keypair.publicKey.toBytes()]),
      format: 'der',
      type: 'spki',
    });
    expect(verify(null, MESSAGE, publicKey, await key.sign(MESSAGE))).toBe(true);
  });

  it.each([
    ['fails', 'SIGNER_UNAVAILABLE'],
    ['refuses', 'SIGNER_REFUSED'],
    ['signs something else', 'SIGNER_WRONG'],
  ] as const)('that %s gives no signature, and says what is wrong without its token', async (mode, code) => {
    const key = await signer.load();
    await process.behave(mode);
    const error = await key.sign(MESSAGE).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, retryable: true });
    expect(JSON.stringify([String(error), error])).not.toContain('token-of-the-tests');
    nowMs += 60_000;
    await process.behave('signs');
    await expect(key.sign(MESSAGE)).resolves.toHaveLength(64);
  });

  it('that has no such key, or cannot be reached, shows none', async () => {
    await process.behave('has no such key');
    await expect(signer.load()).rejects.toMatchObject({ code: 'SIGNER_WRONG' });
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const absent = { url: `http://127.0.0.1:${port}/v1/transit`, key: 'settlement', now: () => nowMs };
    await expect(new RemoteSigner({ ...absent, tokenFile: process.tokenFile }).load()).rejects.toMatchObject({
      code: 'SIGNER_UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED') as unknown,
    });
    await expect(new RemoteSigner({ ...absent, tokenFile: '/nowhere' }).load()).rejects.toMatchObject({
      code: 'SIGNER_UNAVAILABLE',
      message: expect.stringContaining('token file cannot be read: ENOENT') as unknown,
    });
  });

  it('shows the new version of a key that was rotated; the former one signs what was begun with it', async () => {
    const former = await signer.load();
    const address = await process.rotate();
    const key = await signer.load();
    expect(key.address).toBe(address);
    expect(former.address).toBe(keypair.publicKey.toBase58());
    await expect(former.sign(MESSAGE)).resolves.toHaveLength(64);
    await expect(key.sign(MESSAGE)).resolves.toHaveLength(64);
  });
});
