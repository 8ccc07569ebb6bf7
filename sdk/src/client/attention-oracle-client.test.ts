import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Connection, Keypair, PublicKey, type Transaction, type VersionedTransaction } from '@solana/web3.js';
import { base58Encode } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { MerkleTree } from '../merkle/tree.ts';
import { Address } from '../program/address.ts';
import { channelStateAddress, protocolStateAddress } from '../program/addresses.ts';
import { decodeInstruction } from '../program/instruction-codec.ts';
import { PROGRAM_ID } from '../program/program-id.ts';
import { decodeVersion1Transaction } from '../transactions/decode-version-1.ts';
import { AttentionOracleClient } from './attention-oracle-client.ts';
import type { RootToFinalize } from './client-types.ts';
import type { SignedTransaction } from './send-options.ts';
import { channelStateBytes, FakeChain, type Look } from './testing/fake-chain.ts';

const mint = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
const payer = Keypair.generate();
const merkleRoot = Buffer.alloc(32, 7);
const finalized: Look = { err: null, confirmationStatus: 'finalized' };
const quick = { pollIntervalMs: 0, rebroadcastIntervalMs: 0 };
const root: RootToFinalize = { channel: 'lacy', epoch: 881, merkleRoot, count: 2 };

let chain: FakeChain;
let client: AttentionOracleClient;

beforeEach(() => {
  chain = new FakeChain();
  client = new AttentionOracleClient(chain, PROGRAM_ID, { mint });
});

const putRing = (channel: string, epoch: bigint, bytes: Uint8Array, claimed: number[] = []) => {
  chain.put(channelStateAddress(mint, channel)[0], channelStateBytes(epoch, bytes, claimed));
};
const sentNames = () =>
  chain.sent.map(({ transaction }) => transaction.instructions.map(({ data }) => decodeInstruction(data).name));
const failure = async (promise: Promise<unknown>): Promise<AttentionOracleError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AttentionOracleError) return error;
  throw new Error('expected an AttentionOracleError', { cause: error });
};

describe('finalizeRoot', () => {
  it('sends the root, waits for finalized and gives the signature that was announced before sending', async () => {
    chain.looks.push(null, { err: null, confirmationStatus: 'confirmed' }, finalized);
    const announced: SignedTransaction[] = [];
    const onSigned = (signed: SignedTransaction) => {
      expect(chain.sent).toHaveLength(0);
      announced.push(signed);
    };
    const signature = await client.finalizeRoot({ ...root, payer, onSigned, ...quick, rebroadcastIntervalMs: 60_000 });
    expect(announced).toEqual([expect.objectContaining({ signature, lastValidBlockHeight: 250 })]);
    expect(chain.looks).toHaveLength(0);
    expect(chain.sent).toHaveLength(1);
    const data = chain.sent[0]?.transaction.instructions[0]?.data ?? new Uint8Array();
    expect(decodeInstruction(data).args).toEqual({ channel: 'lacy', epoch: 881n, root: new Uint8Array(32).fill(7) });
  });

  it('puts compute limit and priority fee before the instruction', async () => {
    chain.looks.push(finalized);
    const price = { computeUnitLimit: 20_000, computeUnitPriceMicroLamports: 1_000 };
    await client.finalizeRoot({ ...root, payer, ...quick, ...price });
    const instructions = chain.sent[0]?.transaction.instructions ?? [];
    expect(instructions.map(({ data }) => data[0])).toEqual([2, 3, 0x41]);
    expect(instructions[0]?.data.readUInt32LE(1)).toBe(20_000);
    expect(instructions[1]?.data.readBigUInt64LE(1)).toBe(1_000n);
  });

  it('sends the same bytes again until they are seen', async () => {
    chain.looks.push(null, null, finalized);
    await client.finalizeRoot({ ...root, payer, ...quick });
    expect(chain.sent).toHaveLength(3);
    expect(new Set(chain.sent.map(({ transaction }) => transaction.signature?.toString('hex'))).size).toBe(1);
    expect(chain.sent.map(({ options }) => options)).toEqual([
      expect.objectContaining({ skipPreflight: false, maxRetries: 0 }),
      ...Array<unknown>(2).fill(expect.objectContaining({ skipPreflight: true, maxRetries: 0 })),
    ]);
  });

  it('believes the chain, not the error of a sending that landed all the same', async () => {
    chain.sendFailures.push(new Error('503 Service Unavailable'));
    chain.looks.push(new Error('socket hang up'), finalized);
    await expect(client.finalizeRoot({ ...root, payer, ...quick })).resolves.toMatch(/^\w{80,}$/);
  });

  it('gives up only after the last valid block height, having looked through the history', async () => {
    chain.blockHeight = 250;
    chain.looks.push(null);
    chain.sendFailures.push(null, new Error('second sending'));
    const waiting = client.finalizeRoot({ ...root, payer, ...quick, onSigned: () => {} });
    chain.looks.push(null);
    const raise = chain.getSignatureStatuses.bind(chain);
    chain.getSignatureStatuses = async (signatures, config) => {
      const answer = await raise(signatures, config);
      chain.blockHeight = 251;
      return answer;
    };
    const error = await failure(waiting);
    expect(error).toMatchObject({ code: 'TRANSACTION_EXPIRED', context: { lastValidBlockHeight: 250 } });
    expect(error.cause).toEqual(new Error('second sending'));
    expect(chain.searchedHistory).toEqual([false, true]);
  });

  it('never says expired and safe to send because a node that is behind does not know the transaction', async () => {
    chain.blockHeight = 251;
    chain.statusSlot = 1250;
    chain.looks.push(...Array<null>(30).fill(null));
    const error = await failure(client.finalizeRoot({ ...root, payer, ...quick }));
    expect(error).toMatchObject({ code: 'TRANSACTION_UNRESOLVED' });
    expect(error.message).toMatch(/shown to be past its last valid block height/);
  });

  it('takes a transaction that a node behind does not know for landed once a node says so', async () => {
    chain.blockHeight = 251;
    chain.statusSlot = 1250;
    chain.looks.push(null, null, finalized);
    await expect(client.finalizeRoot({ ...root, payer, ...quick })).resolves.toEqual(expect.any(String));
  });

  it.each([
    'Simulation failed. \nMessage: Transaction simulation failed: Attempt to debit an account but found no record of a prior credit.. \nLogs: []',
    'Transaction simulation failed: Transaction results in an account (0) with insufficient funds for rent',
    'Transaction simulation failed: Error processing Instruction 2: custom program error: 0x1',
  ])('says that the payer holds too little SOL: %s', async (message) => {
    chain.sendFailures.push(new Error(message));
    const error = await failure(client.finalizeRoot({ ...root, payer, ...quick }));
    expect(error).toMatchObject({ code: 'PAYER_UNFUNDED' });
  });

  it('gives the reason of a refusal that web3.js puts on the second line', async () => {
    chain.sendFailures.push(
      new Error('Simulation failed. \nMessage: Transaction simulation failed: Blockhash not found. \nLogs: []'),
    );
    const error = await failure(client.finalizeRoot({ ...root, payer, ...quick }));
    expect(error).toMatchObject({ code: 'TRANSACTION_REJECTED' });
    expect(error.message).toContain('Blockhash not found');
  });

  it('names the program error of a transaction that landed and failed, and what to do', async () => {
    chain.looks.push({ err: { InstructionError: [0, { Custom: 6005 }] }, confirmationStatus: 'finalized' });
    const error = await failure(client.finalizeRoot({ ...root, payer, ...quick }));
    expect(error.code).toBe('PROGRAM_PROTOCOL_PAUSED');
    expect(error.message).toMatch(/wait until the admin resumes it/);
    expect(error.context).toMatchObject({ programErrorCode: 6005, instructionIndex: 0 });
  });

  it('names the program error that the simulation found', async () => {
    const logs = JSON.stringify(['Program log: x', `Program ${PROGRAM_ID} failed: custom program error: 0x1770`]);
    chain.sendFailures.push(new Error(`Simulation failed. \nMessage: Transaction simulation failed: Error. \n${logs}`));
    const error = await failure(client.finalizeRoot({ ...root, payer, ...quick }));
    expect(error.code).toBe('PROGRAM_UNAUTHORIZED');
  });

  it('says that another refusal in simulation was not sent', async () => {
    chain.sendFailures.push(new Error('Transaction simulation failed: Blockhash not found'));
    expect((await failure(client.finalizeRoot({ ...root, payer, ...quick }))).code).toBe('TRANSACTION_REJECTED');
  });

  it('waits on when the simulation says that the transaction was processed already', async () => {
    chain.sendFailures.push(new Error('Transaction simulation failed: This transaction has already been processed'));
    chain.looks.push(finalized);
    await expect(client.finalizeRoot({ ...root, payer, ...quick })).resolves.toBeDefined();
  });

  it('does not call a transaction lost when the node cannot be reached or the caller stops', async () => {
    chain.looks.push(...Array.from({ length: 30 }, () => new Error('ECONNREFUSED')));
    const unreachable = await failure(client.finalizeRoot({ ...root, payer, ...quick }));
    expect(unreachable).toMatchObject({ code: 'TRANSACTION_UNRESOLVED', cause: new Error('ECONNREFUSED') });
    chain.looks.push(null);
    const stopped = await failure(client.finalizeRoot({ ...root, payer, abortSignal: AbortSignal.abort() }));
    expect(stopped.code).toBe('TRANSACTION_UNRESOLVED');
    expect(stopped.message).toMatch(/look its signature up/);
  });

  it.each([
    ['ROOT_ALREADY_SETTLED', 881n, merkleRoot],
    ['ROOT_CONFLICT', 881n, Buffer.alloc(32, 8)],
    ['EPOCH_PASSED', 891n, merkleRoot],
  ])('sends nothing and answers %s when the ring holds epoch %i', async (code, epoch, bytes) => {
    putRing('lacy', epoch, bytes);
    const error = await failure(client.finalizeRoot({ ...root, channel: 'LACY', payer, ...quick }));
    expect(error.code).toBe(code);
    expect(chain.sent).toHaveLength(0);
  });

  it('publishes when the ring slot holds an earlier epoch', async () => {
    putRing('lacy', 871n, merkleRoot);
    chain.looks.push(finalized);
    await client.finalizeRoot({ ...root, payer, ...quick });
    expect(sentNames()).toEqual([['set_channel_merkle_root']]);
  });

  it('refuses a root of no claims, a root of another length, and a client without a mint', async () => {
    expect((await failure(client.finalizeRoot({ ...root, count: 0, payer }))).code).toBe('ROOT_EMPTY');
    const short = { ...root, merkleRoot: new Uint8Array(31) };
    expect((await failure(client.finalizeRoot({ ...short, payer }))).code).toBe('HASH_LENGTH_INVALID');
    const mintless = new AttentionOracleClient(chain, PROGRAM_ID);
    expect((await failure(mintless.finalizeRoot({ ...root, payer }))).code).toBe('MINT_MISSING');
  });

  it('takes a wallet that signs', async () => {
    chain.looks.push(finalized);
    const wallet = {
      publicKey: payer.publicKey,
      async signTransaction<T extends Transaction | VersionedTransaction>(transaction: T): Promise<T> {
        if ('version' in transaction) throw new Error('expected a legacy transaction');
        transaction.sign(payer);
        return transaction;
      },
    };
    await expect(client.finalizeRoot({ ...root, payer: wallet, ...quick })).resolves.toBeDefined();
    const lazy = { publicKey: payer.publicKey, signTransaction: async (transaction: object) => transaction };
    expect((await failure(client.finalizeRoot({ ...root, payer: lazy, ...quick }))).code).toBe('SIGNING_FAILED');
  });
});

describe('finalizeRoots', () => {
  it('puts as many roots as fit into each transaction, in order, and gives a signature a root', async () => {
    const roots = Array.from({ length: 20 }, (_, i) => ({ ...root, channel: `channel_number_${i}` }));
    chain.looks.push(...Array<Look>(20).fill(finalized));
    const signatures = await client.finalizeRoots({ roots, payer, ...quick });
    expect(signatures).toHaveLength(20);
    expect(new Set(signatures).size).toBe(chain.sent.length);
    const sizes = chain.sent.map(({ transaction }) => transaction.instructions.length);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(5);
    expect(chain.sent.every(({ transaction }) => transaction.serialize().length <= 1232)).toBe(true);
    const channels = chain.sent.flatMap(({ transaction }) =>
      transaction.instructions.map(({ data }) => decodeInstruction(data).args.channel),
    );
    expect(channels).toEqual(roots.map(({ channel }) => channel));
  });

  it('sends none when one of them is settled', async () => {
    putRing('second', 881n, merkleRoot);
    const roots = [root, { ...root, channel: 'second' }];
    expect((await failure(client.finalizeRoots({ roots, payer, ...quick }))).context).toMatchObject({
      channel: 'second',
    });
    expect(chain.sent).toHaveLength(0);
  });

  it('says which roots were settled before one failed', async () => {
    const roots = Array.from({ length: 12 }, (_, i) => ({ ...root, channel: `channel_number_${i}` }));
    chain.looks.push(finalized, { err: { InstructionError: [1, { Custom: 6023 }] }, confirmationStatus: 'finalized' });
    const error = await failure(client.finalizeRoots({ roots, payer, ...quick }));
    const first = chain.sent[0]?.transaction;
    expect(error.code).toBe('PROGRAM_EPOCH_NOT_INCREASING');
    expect(error.context.settledSignatures).toHaveLength(first?.instructions.length ?? 0);
    expect(new Set(error.context.settledSignatures as string[]).size).toBe(1);
  });

  describe('where the cluster takes version 1', () => {
    const roots = Array.from({ length: 40 }, (_, i) => ({ ...root, channel: `channel_number_${i}` }));
    beforeEach(() => {
      const gate = new Address('txv1aq4pp281K9um3tnPgkfX8UqtFT6wcVW3hNezGLL');
      chain.put(gate, Uint8Array.of(1, 9, 0, 0, 0, 0, 0, 0, 0), 'Feature111111111111111111111111111111111111');
      chain.looks.push(...Array<Look>(20).fill(finalized));
    });

    it('sends several times more roots in each, with the units that they need and the price as lamports', async () => {
      const price = { computeUnitPriceMicroLamports: 3 };
      const signatures = await client.finalizeRoots({ roots, payer, ...quick, ...price });
      const sent = chain.sentVersion1.map((raw) => decodeVersion1Transaction(raw));
      expect(sent.map(({ instructions }) => instructions.length)).toEqual([32, 8]);
      expect(sent[0]?.config).toMatchObject({ computeUnitLimit: 1_400_000, priorityFeeLamports: 5n });
      const channels = sent.flatMap(({ instructions }) =>
        instructions.map(({ data }) => decodeInstruction(data).args.channel),
      );
      expect(channels).toEqual(roots.map(({ channel }) => channel));
      expect([...new Set(signatures)]).toEqual(
        sent.map(({ signatures: [first] }) => base58Encode(first ?? new Uint8Array())),
      );
      expect(chain.sent).toEqual([]);
    });

    it('sends legacy ones for a wallet, or when asked to', async () => {
      const wallet = {
        publicKey: payer.publicKey,
        async signTransaction(transaction: object) {
          (transaction as Transaction).sign(payer);
          return transaction;
        },
      };
      await client.finalizeRoots({ roots: [root], payer: wallet, ...quick });
      await client.finalizeRoots({ roots: [root], payer, ...quick, transactionVersion: 'legacy' });
      expect([chain.sent.length, chain.sentVersion1.length]).toEqual([2, 0]);
    });

    it('believes only the feature program', async () => {
      const gate = new Address('txv1aq4pp281K9um3tnPgkfX8UqtFT6wcVW3hNezGLL');
      chain.put(gate, Uint8Array.of(1, 9, 0, 0, 0, 0, 0, 0, 0), '11111111111111111111111111111111');
      await client.finalizeRoots({ roots: [root], payer, ...quick });
      expect([chain.sent.length, chain.sentVersion1.length]).toEqual([1, 0]);
    });
  });

  it('has nothing to do for no roots', async () => {
    await expect(client.finalizeRoots({ roots: [], payer })).resolves.toEqual([]);
  });
});

describe('claim', () => {
  const claims = [
    { claimer: payer.publicKey, amount: 5n, id: 'a' },
    { claimer: Keypair.generate().publicKey, amount: 6n, id: 'b' },
    { claimer: payer.publicKey, amount: 7n, id: 'c' },
  ];
  const tree = new MerkleTree(claims);
  const claim = { claimer: payer, channel: 'lacy', epoch: 881n, index: 2, amount: 7n, id: 'c', proof: tree.proof(2) };

  it('sends a claim whose proof leads to the root on chain', async () => {
    putRing('lacy', 881n, tree.root(), [1]);
    chain.looks.push(finalized, finalized);
    await client.claim({ ...claim, ...quick });
    await client.claim({ ...claim, mintReceipt: false, ...quick });
    expect(sentNames()).toEqual([['claim_channel_open'], ['claim_channel_open_with_receipt']]);
  });

  it.each([
    ['EPOCH_NOT_PUBLISHED', 871n, {}],
    ['EPOCH_PASSED', 891n, {}],
    ['ALREADY_CLAIMED', 881n, { index: 1 }],
    ['PROOF_INVALID', 881n, { amount: 8n }],
    ['INDEX_OUT_OF_RANGE', 881n, { index: 1024 }],
  ])('sends nothing and answers %s (ring at %i, %j)', async (code, epoch, change) => {
    putRing('lacy', epoch, tree.root(), [1]);
    expect((await failure(client.claim({ ...claim, ...quick, ...change }))).code).toBe(code);
    expect(chain.sent).toHaveLength(0);
  });
});

describe('reading and policy', () => {
  it('answers whether a root is settled and an index claimed', async () => {
    expect(await client.getChannelState('lacy')).toBeNull();
    expect(await client.isSettled('lacy', 881, merkleRoot)).toBe(false);
    expect(await client.hasClaimed('lacy', 881, 3)).toBe(false);
    putRing('lacy', 881n, merkleRoot, [3]);
    expect(await client.isSettled('Lacy', 881, merkleRoot.toString('hex'))).toBe(true);
    expect(await client.isSettled('lacy', 881, new Uint8Array(32))).toBe(false);
    expect(await client.isSettled('lacy', 871, merkleRoot)).toBe(false);
    expect(await client.hasClaimed('lacy', 881, 3)).toBe(true);
    expect(await client.hasClaimed('lacy', 881, 4)).toBe(false);
    expect(await client.hasClaimed('lacy', 891, 3)).toBe(false);
    expect((await failure(client.hasClaimed('lacy', 871, 3))).code).toBe('EPOCH_PASSED');
  });

  it('reads the recorded protocol state and refuses an account of another program', async () => {
    const path = new URL('../../fixtures/recorded/accounts.json', import.meta.url);
    const recorded = JSON.parse(readFileSync(path, 'utf8')) as { protocol_state: { data: string } };
    const data = Buffer.from(recorded.protocol_state.data, 'base64');
    expect(await client.getProtocolState()).toBeNull();
    chain.put(protocolStateAddress(mint)[0], data);
    expect(await client.getProtocolState()).toMatchObject({ mint, paused: false });
    chain.put(protocolStateAddress(mint)[0], data, mint);
    expect((await failure(client.getProtocolState())).code).toBe('ACCOUNT_OWNER_MISMATCH');
  });

  it('sets the policy of the mint', async () => {
    chain.looks.push(finalized);
    await client.setPolicy({ admin: payer, requireReceipt: true, ...quick });
    expect(sentNames()).toEqual([['set_policy_open']]);
  });

  it('is made from a web3.js connection and addresses in any form', () => {
    const connection = new Connection('http://127.0.0.1:1');
    expect(
      new AttentionOracleClient(connection, new PublicKey(PROGRAM_ID), { mint: new PublicKey(mint) }),
    ).toBeDefined();
    expect(() => new AttentionOracleClient(connection, 'x')).toThrow(AttentionOracleError);
  });
});
