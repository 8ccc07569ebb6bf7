import { decodeTransaction, PROGRAM_ID, setChannelMerkleRoot } from '@attention-oracle/sdk';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AddressLookupTableAccount,
  ComputeBudgetProgram,
  PublicKey,
  SendTransactionError,
  SystemProgram,
  Transaction,
  TransactionExpiredBlockheightExceededError,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import { FORWARDER_PROGRAM } from './core/programs/forwarder.ts';
import { RpcError } from './io/rpc-error.ts';
import { startChain } from './start-chain.ts';
import { keypair, startTestChain, type TestChain, toWeb3, version1Transaction } from './testing/test-chain.ts';

const SOL = 1_000_000_000;
const TABLE = 'Tab1e11111111111111111111111111111111111111';

describe('the chain with web3.js as its client', () => {
  let t: TestChain;
  const [alice, bob] = [keypair('alice'), keypair('bob')];

  beforeEach(async () => {
    const table = { [TABLE]: [bob.publicKey.toBytes(), SystemProgram.programId.toBytes()] };
    t = await startTestChain({}, { funded: [alice.publicKey], lookupTables: table });
  });
  afterEach(() => t.close());

  const transfer = (lamports: number) =>
    SystemProgram.transfer({ fromPubkey: alice.publicKey, toPubkey: bob.publicKey, lamports });
  const setRoot = (epoch: number) =>
    setChannelMerkleRoot({
      payer: t.publisher.publicKey,
      mint: t.genesis.mint,
      channel: 'KaiCenat',
      epoch,
      root: new Uint8Array(32).fill(epoch),
    });
  const failure = async (promise: Promise<unknown>) => {
    const error: unknown = await promise.then(
      () => null,
      (reason: unknown) => reason,
    );
    if (!(error instanceof SendTransactionError)) throw new Error(`expected a refusal, got ${String(error)}`);
    return error;
  };

  it('confirms an airdrop and a transfer at finalized, and shows each balance at its commitment', async () => {
    const airdrop = await t.connection.requestAirdrop(keypair('carol').publicKey, 2 * SOL);
    const signature = await t.send([transfer(3 * SOL)], [alice]);
    expect(await t.connection.getBalance(bob.publicKey, 'processed')).toBe(3 * SOL);
    expect(await t.connection.getBalance(bob.publicKey, 'confirmed')).toBe(0);
    const latest = await t.connection.getLatestBlockhash();
    const confirmed = t.connection.confirmTransaction({ signature, ...latest }, 'finalized');
    t.chain.control.advanceSlots(32);
    expect((await confirmed).value).toEqual({ err: null });
    expect(await t.connection.getBalance(bob.publicKey, 'finalized')).toBe(3 * SOL);
    const { value } = await t.connection.getSignatureStatuses([airdrop, signature], { searchTransactionHistory: true });
    expect(value.map((status) => status?.confirmationStatus)).toEqual(['finalized', 'finalized']);
    expect(await t.connection.getBalance(alice.publicKey, 'finalized')).toBe(1_000 * SOL - 3 * SOL - 5_000);
  });

  it('takes a blockhash for 150 blocks and refuses it after that', async () => {
    const latest = await t.connection.getLatestBlockhash('confirmed');
    const transaction = new Transaction({ feePayer: alice.publicKey, ...latest }).add(transfer(SOL));
    transaction.sign(alice);
    const second = new Transaction({ feePayer: alice.publicKey, ...latest }).add(transfer(2 * SOL));
    second.sign(alice);
    t.chain.control.advanceSlots(149);
    expect(await t.connection.getBlockHeight('processed')).toBe(latest.lastValidBlockHeight);
    await t.connection.sendRawTransaction(transaction.serialize(), { preflightCommitment: 'processed' });
    t.chain.control.advanceSlots(1);
    expect((await t.connection.isBlockhashValid(latest.blockhash, { commitment: 'processed' })).value).toBe(false);
    const error = await failure(
      t.connection.sendRawTransaction(second.serialize(), { preflightCommitment: 'processed' }),
    );
    expect(error.message).toContain('Blockhash not found');

    const lost = await t.connection.sendRawTransaction(second.serialize(), { skipPreflight: true });
    const confirmation = t.connection.confirmTransaction({ signature: lost, ...latest }, 'processed');
    await expect(confirmation).rejects.toThrow(TransactionExpiredBlockheightExceededError);
    expect((await t.connection.getSignatureStatuses([lost])).value).toEqual([null]);
  });

  it('refuses in preflight with 0x1787, its error and its logs, and charges nothing', async () => {
    await t.send([setRoot(7)], [t.publisher]);
    t.chain.control.advanceSlots(1);
    const before = await t.connection.getBalance(t.publisher.publicKey);
    const error = await failure(t.send([setRoot(7)], [t.publisher]));
    expect(error.message).toContain('custom program error: 0x1787');
    expect(error.logs).toContainEqual(expect.stringContaining('Error Code: EpochNotIncreasing. Error Number: 6023.'));
    const response = await rawSend(t, [setRoot(7)]);
    expect(response).toMatchObject({
      code: -32002,
      message: 'Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1787',
      data: { err: { InstructionError: [0, { Custom: 6023 }] }, accounts: null, returnData: null },
    });
    expect(await t.connection.getBalance(t.publisher.publicKey)).toBe(before);
  });

  it('records a transaction that fails on chain, and charges its fee', async () => {
    await t.send([setRoot(7)], [t.publisher]);
    const before = await t.connection.getBalance(t.publisher.publicKey);
    const signature = await t.send([setRoot(6), setRoot(7)], [t.publisher], { skipPreflight: true });
    t.chain.control.advanceSlots(1);
    const found = await t.connection.getTransaction(signature, {
      commitment: 'confirmed',
      maxSupportedTransactionVersion: 0,
    });
    expect(found?.meta?.err).toEqual({ InstructionError: [1, { Custom: 6023 }] });
    expect(await t.connection.getBalance(t.publisher.publicKey)).toBe(before - 5_000);
    const [row] = await t.connection.getSignaturesForAddress(new PublicKey(PROGRAM_ID), { limit: 1 }, 'confirmed');
    expect(row).toMatchObject({ signature, err: { InstructionError: [1, { Custom: 6023 }] } });
  });

  it('refuses wrong signatures, unknown payers and transactions that it has already', async () => {
    const { blockhash } = await t.connection.getLatestBlockhash();
    const transaction = new Transaction({ feePayer: alice.publicKey, recentBlockhash: blockhash }).add(transfer(SOL));
    transaction.sign(alice);
    const good = transaction.serialize();
    const forged = Uint8Array.from(good);
    forged[10] = (forged[10] ?? 0) ^ 1;
    const send = (wire: Uint8Array) => call(t, 'sendTransaction', [base64(wire), PROCESSED]);
    expect(send(forged)).toMatchObject({ code: -32003, message: 'Transaction signature verification failure' });
    expect(await t.connection.sendRawTransaction(forged, { skipPreflight: true })).toEqual(expect.any(String));
    expect(await t.connection.getBalance(bob.publicKey)).toBe(0);
    expect(send(good)).toEqual(expect.any(String));
    expect(send(good)).toMatchObject({ code: -32002, data: { err: 'AlreadyProcessed', logs: [] } });
    const stranger = keypair('stranger');
    const gift = SystemProgram.transfer({ fromPubkey: stranger.publicKey, toPubkey: bob.publicKey, lamports: SOL });
    const poor = await failure(t.send([gift], [stranger]));
    expect(poor.message).toContain('Attempt to debit an account but found no record of a prior credit.');
    expect(await t.connection.getBalance(bob.publicKey)).toBe(SOL);
  });

  it('charges 5,000 lamports a signature and the priority fee, and remembers prices by written account', async () => {
    const budget = [
      ComputeBudgetProgram.setComputeUnitLimit({ units: 60_001 }),
      ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 50_000 }),
    ];
    const signature = await t.send([...budget, setRoot(1)], [t.publisher]);
    t.chain.control.advanceSlots(1);
    const found = await t.connection.getTransaction(signature, {
      commitment: 'confirmed',
      maxSupportedTransactionVersion: 0,
    });
    expect(found?.meta?.fee).toBe(5_000 + 3_001);
    const message = new Transaction({ feePayer: t.publisher.publicKey, ...(await t.connection.getLatestBlockhash()) });
    message.add(...budget);
    expect((await t.connection.getFeeForMessage(message.compileMessage(), 'processed')).value).toBe(8_001);
    const locked = { lockedWritableAccounts: [new PublicKey(t.genesis.protocolState)] };
    const fees = await t.connection.getRecentPrioritizationFees(locked);
    expect(fees.map((fee) => fee.prioritizationFee)).toContain(50_000);
    const others = await t.connection.getRecentPrioritizationFees({ lockedWritableAccounts: [bob.publicKey] });
    expect(others.every((fee) => fee.prioritizationFee === 0)).toBe(true);
  });

  it('simulates without changing anything', async () => {
    const transaction = new Transaction({ feePayer: t.publisher.publicKey }).add(toWeb3(setRoot(3)));
    const { value } = await t.connection.simulateTransaction(transaction, [t.publisher]);
    expect(value.err).toBeNull();
    expect(value.unitsConsumed).toBeGreaterThan(8_000);
    expect(value.logs?.at(-1)).toBe(`Program ${PROGRAM_ID} success`);
    expect(
      await t.connection.getProgramAccounts(new PublicKey(PROGRAM_ID), { filters: [{ dataSize: 1_782 }] }),
    ).toEqual([]);
  });

  it('runs a version 0 transaction with a lookup table, and serves it only to clients that take it', async () => {
    const table = new AddressLookupTableAccount({
      key: new PublicKey(TABLE),
      state: AddressLookupTableAccount.deserialize(t.chain.control.account(TABLE)?.data ?? new Uint8Array(0)),
    });
    const { blockhash } = await t.connection.getLatestBlockhash();
    const message = new TransactionMessage({
      payerKey: alice.publicKey,
      recentBlockhash: blockhash,
      instructions: [transfer(SOL)],
    }).compileToV0Message([table]);
    expect(message.addressTableLookups).toHaveLength(1);
    const transaction = new VersionedTransaction(message);
    transaction.sign([alice]);
    const signature = await t.connection.sendTransaction(transaction, { preflightCommitment: 'processed' });
    t.chain.control.advanceSlots(1);
    expect(await t.connection.getBalance(bob.publicKey)).toBe(SOL);
    expect(call(t, 'getTransaction', [signature, { commitment: 'confirmed' }])).toMatchObject({ code: -32015 });
    const options = { commitment: 'confirmed', maxSupportedTransactionVersion: 0 } as const;
    const found = await t.connection.getTransaction(signature, options);
    expect(found?.meta?.loadedAddresses?.writable.map(String)).toEqual([bob.publicKey.toBase58()]);
    const parsed = await t.connection.getParsedTransaction(signature, options);
    expect(parsed?.transaction.message.accountKeys.find((key) => key.pubkey.equals(bob.publicKey))).toMatchObject({
      source: 'lookupTable',
      writable: true,
    });
  });

  it('runs a version 1 transaction, with the fee and the limit of its configuration', async () => {
    const { blockhash } = await t.connection.getLatestBlockhash();
    const input = { priorityFeeLamports: 777n, computeUnitLimit: 50_000 };
    const wire = version1Transaction({ payer: t.publisher, blockhash, instructions: [toWeb3(setRoot(9))], ...input });
    const signature = await t.connection.sendRawTransaction(wire, { preflightCommitment: 'processed' });
    t.chain.control.advanceSlots(1);
    expect(
      call(t, 'getTransaction', [signature, { commitment: 'confirmed', maxSupportedTransactionVersion: 0 }]),
    ).toMatchObject({
      code: -32015,
    });
    const options = { commitment: 'confirmed', maxSupportedTransactionVersion: 1 } as const;
    const found = await t.connection.getTransaction(signature, {
      commitment: 'confirmed',
      maxSupportedTransactionVersion: 1,
    });
    expect(found?.version).toBe(1);
    expect(found?.meta).toMatchObject({ err: null, fee: 5_777 });
    for (const encoding of ['json', 'jsonParsed', 'base64']) {
      const answer = t.chain.call('getTransaction', [signature, { ...options, encoding }]);
      const decoded = decodeTransaction(JSON.parse((answer as { text: string }).text) as never);
      expect(decoded).toMatchObject({ version: 1, signature, feeLamports: 5_777n, succeeded: true });
      expect(decoded.events.map((event) => [event.eventId, event.name])).toEqual([
        [`${signature}/0`, 'set_channel_merkle_root'],
      ]);
    }
  });

  it('shows an instruction that another program called as an inner one', async () => {
    const inner = toWeb3(setRoot(4));
    const target = { pubkey: inner.programId, isSigner: false, isWritable: false };
    const forwarded = new TransactionInstruction({
      programId: new PublicKey(FORWARDER_PROGRAM),
      keys: [target, ...inner.keys],
      data: inner.data,
    });
    const signature = await t.send([forwarded], [t.publisher]);
    t.chain.control.advanceSlots(1);
    const answer = t.chain.call('getTransaction', [signature, { commitment: 'confirmed' }]) as { text: string };
    const decoded = decodeTransaction(JSON.parse(answer.text) as never);
    expect(decoded.events.map((event) => [event.eventId, event.name, event.channel])).toEqual([
      [`${signature}/0.0`, 'set_channel_merkle_root', 'kaicenat'],
    ]);
  });

  it('says which port is taken', async () => {
    await expect(startChain({ port: t.chain.port, slotMs: 'manual' })).rejects.toMatchObject({
      code: 'CHAIN_PORT_UNAVAILABLE',
    });
  });
});

const PROCESSED = { encoding: 'base64', preflightCommitment: 'processed' };

function base64(wire: Uint8Array): string {
  return Buffer.from(wire).toString('base64');
}

/** The result of a method, or its error as an object. */
function call(t: TestChain, method: string, params: readonly unknown[]): unknown {
  try {
    return t.chain.call(method, params);
  } catch (error) {
    if (error instanceof RpcError) return error.toJSON();
    throw error;
  }
}

async function rawSend(t: TestChain, instructions: Parameters<TestChain['send']>[0]): Promise<unknown> {
  const { blockhash } = await t.connection.getLatestBlockhash();
  const transaction = new Transaction({ feePayer: t.publisher.publicKey, recentBlockhash: blockhash });
  transaction.add(...instructions.map(toWeb3)).sign(t.publisher);
  return call(t, 'sendTransaction', [base64(transaction.serialize()), PROCESSED]);
}
