/** `ao protocol`, against a chain that has the program and nothing else. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Chain, startChain } from '../../local/chain/start-chain.ts';
import { keypair } from '../../local/chain/testing/test-chain.ts';
import { runAo } from '../../tests/testing/role-process.ts';

let dir: string;
let chain: Chain;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'protocol-'));
  chain = await startChain({ slotMs: 50, alpenglowGenesisSlot: 0, seed: 'ao protocol' });
});

afterAll(async () => {
  await chain.stop();
  rmSync(dir, { recursive: true, force: true });
});

function keyFile(name: string): string {
  const file = join(dir, `${name}.json`);
  writeFileSync(file, JSON.stringify([...keypair(name).secretKey]), { mode: 0o600 });
  return file;
}

const ao = (...args: string[]) => runAo(['protocol', ...args], { ANCHOR_PROVIDER_URL: chain.rpcUrl }, dir);
const mint = keypair('mint').publicKey.toBase58();
const publisher = keypair('publisher').publicKey.toBase58();

describe('ao protocol', () => {
  it('says what is missing, does it once, and says that nothing is', async () => {
    const before = await ao('status', '--mint', mint, '--json');
    expect(before.status).toBe(1);
    expect(JSON.parse(before.stdout)).toMatchObject({
      protocol: null,
      toDo: ['make the mint', 'open the protocol', 'make the treasury', 'fill the treasury'],
      lacks: [],
    });

    const keys = ['--admin-keypair', keyFile('admin'), '--mint-keypair', keyFile('mint')];
    const opened = await ao('init', ...keys, '--publisher', publisher, '--treasury', '5000');
    expect(opened).toMatchObject({ status: 0, stdout: expect.stringContaining(`publisher  ${publisher}`) });
    expect((await ao('init', ...keys, '--publisher', publisher, '--dry-run')).stdout).toBe('Nothing is missing.\n');

    const after = await ao('status', '--mint', mint, '--json');
    expect(after.status).toBe(0);
    expect(JSON.parse(after.stdout)).toMatchObject({
      protocol: { publisher },
      treasuryAmount: '5000',
      toDo: [],
      lacks: [],
    });

    const stranger = await ao('init', '--admin-keypair', keyFile('stranger'), '--mint', mint);
    expect(stranger).toMatchObject({ status: 1, stderr: expect.stringContaining('is neither admin') });
  });
});
