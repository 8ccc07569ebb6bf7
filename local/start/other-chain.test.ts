/** `npm start -- --rpc URL --traffic` on a chain that is not ours: it has the program, and nothing else. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM_ID } from '@attention-oracle/sdk';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Connection, type Keypair } from '@solana/web3.js';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { type Chain, startChain } from '../chain/start-chain.ts';
import { keypair } from '../chain/testing/test-chain.ts';
import { setUpProtocol } from '../protocol/set-up.ts';
import { removeStackData } from '../stack/stack-data.ts';
import { StartProcess } from './testing/start-process.ts';

const [admin, owner, mint] = [keypair('admin'), keypair('owner'), keypair('mint')];

let dir: string;
let chain: Chain;
let start: StartProcess | undefined;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'other-chain-'));
  chain = await startChain({ slotMs: 200, alpenglowGenesisSlot: 0, seed: 'other chain' });
});

afterEach(async () => {
  await start?.kill();
  start = undefined;
  await chain.stop();
  await removeStackData(join(dir, 'data'));
  rmSync(dir, { recursive: true, force: true });
});

function keyOf(key: Keypair): string {
  const file = join(dir, 'admin.json');
  writeFileSync(file, JSON.stringify([...key.secretKey]), { mode: 0o600 });
  return file;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): StartProcess {
  const { kafkaBrokers, registryUrl, databaseUrl } = testStack();
  const name = uniqueName('start');
  start = new StartProcess(
    [
      ...['--brokers', kafkaBrokers.join(','), '--registry', registryUrl, '--database-url', databaseUrl],
      ...['--data', join(dir, 'data'), '--rpc', chain.rpcUrl, '--ws', chain.wsUrl, '--traffic', '--json', ...args],
    ],
    { KAFKA_NAMESPACE: `${name}.`, DATABASE_SCHEMA: name, ...env },
    dir,
  );
  return start;
}

describe('npm start with traffic on a chain that is not ours', () => {
  it('opens the protocol there, funds the fans, and comes to a settled root of their claims', async () => {
    const started = run(['--admin-keypair', keyOf(admin), '--until-settled', '1']);
    expect(await started.ended).toBe(0);
    expect(started.text).toMatch(/protocol: make the mint .*\n.*open the protocol .*\n.*make the treasury/);
    expect(started.text).toContain(`${admin.publicKey.toBase58()} is its administrator`);
    expect(started.summary).toMatchObject({ reached: true, ended: 'reached' });
  });

  it('says before it starts anything that the key has no rights on the protocol that is there, and who has', async () => {
    const connection = new Connection(chain.rpcUrl, 'confirmed');
    const address = mint.publicKey.toBase58();
    const wanted = {
      ...{ programId: PROGRAM_ID, mint: address, admin: owner.publicKey.toBase58(), publisher: null },
      ...{ treasuryAmount: 1n, canMakeMint: true },
    };
    await setUpProtocol({
      connection,
      wanted,
      admin: owner,
      mint,
      signal: new AbortController().signal,
      log: () => {},
    });
    const started = run([], { TRAFFIC_ADMIN_KEYPAIR: keyOf(admin), MINT_PUBKEY: address });
    expect(await started.ended).toBe(1);
    expect(started.summary['reason']).toContain(
      `The key ${admin.publicKey.toBase58()} is neither admin (${owner.publicKey.toBase58()}) nor publisher`,
    );
    expect(readdirSync(dir)).toEqual(['admin.json']);
  });
});
