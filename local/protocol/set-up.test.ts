/** Opening the protocol on a chain that has nothing but the program. */

import {
  claimChannelOpen,
  MerkleTree,
  PROGRAM_ID,
  setChannelMerkleRoot,
  updatePublisherOpen,
} from '@attention-oracle/sdk';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Connection } from '@solana/web3.js';
import { type Chain, startChain } from '../chain/start-chain.ts';
import { keypair } from '../chain/testing/test-chain.ts';
import type { WantedProtocol } from './core/protocol-standing.ts';
import { fund } from './io/fund.ts';
import { readProtocol } from './io/read-protocol.ts';
import { submit } from './io/submit.ts';
import { setUpProtocol } from './set-up.ts';

const [admin, publisher, mint, fan, stranger] = [
  ...[keypair('admin'), keypair('publisher'), keypair('mint'), keypair('fan'), keypair('stranger')],
] as const;
const addressOf = (key: typeof admin): string => key.publicKey.toBase58();
const { signal } = new AbortController();

let chain: Chain;
let connection: Connection;
let said: string[];

beforeEach(async () => {
  chain = await startChain({ slotMs: 20, alpenglowGenesisSlot: 0, seed: 'set up' });
  connection = new Connection(chain.rpcUrl, { commitment: 'confirmed', disableRetryOnRateLimit: true });
  said = [];
});

afterEach(() => chain.stop());

const wanted: WantedProtocol = {
  ...{ programId: PROGRAM_ID, mint: addressOf(mint), admin: addressOf(admin), publisher: addressOf(publisher) },
  ...{ treasuryAmount: 1_000n, canMakeMint: true },
};
const setUp = (want: Partial<WantedProtocol> = {}, key = admin) =>
  setUpProtocol({
    ...{ connection, wanted: { ...wanted, admin: addressOf(key), ...want }, admin: key, mint, signal },
    log: (line) => said.push(line),
  });
/** Transactions that the chain has taken from a wallet. */
const sentBy = async (key: typeof admin): Promise<number> =>
  (await connection.getSignaturesForAddress(key.publicKey, {}, 'confirmed')).length;
const withoutFaucet = (): void => {
  connection.requestAirdrop = () => Promise.reject(new Error('this chain has no faucet'));
};

describe('a chain that has nothing but the program', () => {
  it('has a protocol then on which the publisher publishes and a fan is paid', async () => {
    const facts = await setUp();
    expect(facts).toMatchObject({
      protocol: { admin: addressOf(admin), publisher: addressOf(publisher), paused: false },
      mint: { decimals: 9, supply: 1_000n, authority: addressOf(admin) },
      treasury: 1_000n,
    });
    expect(said).toHaveLength(6);

    const funding = { connection, leastLamports: 1n, giver: admin, givenLamports: 1n, signal };
    await fund(funding, [addressOf(fan), addressOf(publisher)]);
    const tree = new MerkleTree([{ claimer: fan.publicKey, amount: 7n, id: 'first' }]);
    const about = { mint: mint.publicKey, channel: 'lacy', epoch: 9 };
    await submit(
      connection,
      [setChannelMerkleRoot({ ...about, payer: publisher.publicKey, root: tree.root() })],
      [publisher],
    );
    const claim = { ...about, claimer: fan.publicKey, index: 0, amount: 7n, id: 'first', proof: tree.proof(0) };
    await submit(connection, [claimChannelOpen(claim)], [fan]);
    expect((await readProtocol(connection, wanted)).treasury).toBe(993n);
  });

  it('is not touched a second time', async () => {
    await setUp();
    const before = await sentBy(admin);
    said = [];
    await setUp();
    expect(said).toEqual([]);
    expect(await sentBy(admin)).toBe(before);
  });

  it('is gone on with where a set-up ended in the middle', async () => {
    await setUp({ publisher: null, treasuryAmount: 0n });
    said = [];
    expect((await setUp()).treasury).toBe(1_000n);
    expect(said.map((line) => line.replace(/ \(.*/, ''))).toEqual([
      'protocol: name the publisher',
      'protocol: fill the treasury',
    ]);
  });
});

describe('a key without rights', () => {
  it('is told so with the names of those who have them, and sends nothing', async () => {
    await setUp({ publisher: null });
    await expect(setUp({ publisher: null }, stranger)).rejects.toMatchObject({
      code: 'PROTOCOL_FORBIDDEN',
      message: expect.stringContaining(`neither admin (${addressOf(admin)}) nor publisher`),
    });
    expect(await sentBy(stranger)).toBe(0);
  });

  it('that is publisher alone is enough to publish', async () => {
    await setUp();
    expect((await setUp({}, publisher)).protocol?.admin).toBe(addressOf(admin));
    expect(await sentBy(publisher)).toBe(0);
  });

  it('cannot change who publishes: the chain refuses it by name', async () => {
    await setUp({ publisher: null });
    const takeAway = updatePublisherOpen({
      admin: stranger.publicKey,
      mint: mint.publicKey,
      publisher: stranger.publicKey,
    });
    await fund({ connection, leastLamports: 1n, giver: admin, givenLamports: 1n, signal }, [addressOf(stranger)]);
    await expect(submit(connection, [takeAway], [stranger])).rejects.toMatchObject({ code: 'PROGRAM_UNAUTHORIZED' });
  });
});

describe('SOL', () => {
  const from = (giver: typeof admin, givenLamports = 2_000_000n) =>
    fund({ connection, leastLamports: 1_000_000n, giver, givenLamports, signal }, [
      addressOf(fan),
      addressOf(stranger),
    ]);

  it('comes from the administrator where the chain has no faucet, to those who have too little', async () => {
    await fund({ connection, leastLamports: 1n, giver: admin, givenLamports: 1n, signal }, [addressOf(admin)]);
    withoutFaucet();
    const enough = { connection, leastLamports: 1n, giver: admin, givenLamports: 1_000_000n, signal };
    await fund(enough, [addressOf(stranger)]);
    await from(admin);
    expect(await connection.getBalance(fan.publicKey)).toBe(2_000_000);
    expect(await connection.getBalance(stranger.publicKey)).toBe(1_000_000);
  });

  it('that nobody can give is said, with the address to send it to', async () => {
    withoutFaucet();
    const message = expect.stringMatching(`no faucet.*0.004 SOL, has 0: send SOL to ${addressOf(admin)}`);
    await expect(from(admin)).rejects.toMatchObject({ code: 'FUNDS_MISSING', message });
    await expect(setUp()).rejects.toMatchObject({ code: 'FUNDS_MISSING' });
  });
});
