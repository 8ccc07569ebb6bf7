import { setChannelMerkleRoot } from '@attention-oracle/sdk';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Keypair, SystemProgram, type TransactionInstruction } from '@solana/web3.js';
import { VERSION_1_GATE } from './core/bank/features.ts';
import { parseTransaction } from './core/transaction/wire.ts';
import type { ChainOptions } from './options.ts';
import { keypair, startTestChain, type TestChain, toWeb3, version1Transaction } from './testing/test-chain.ts';

let test: TestChain;

afterEach(async () => {
  await test.close();
});

async function started(options: ChainOptions): Promise<TestChain> {
  test = await startTestChain(options);
  return test;
}

function slots(): Record<string, number> {
  const { control } = test.chain;
  return {
    processed: control.slot('processed'),
    confirmed: control.slot('confirmed'),
    finalized: control.slot('finalized'),
  };
}

describe('a cluster that Alpenglow settles', () => {
  it('confirms and finalises a block as soon as the next one is there', async () => {
    const { chain } = await started({ alpenglowGenesisSlot: 0 });
    chain.control.advanceSlots(9);
    const { processed = 0 } = slots();
    expect(slots()).toEqual({ processed, confirmed: processed - 1, finalized: processed - 1 });
  });

  it('can still give up the block that is only processed, and no other', async () => {
    const { chain } = await started({ alpenglowGenesisSlot: 0 });
    chain.control.advanceSlots(9);
    const { finalized = 0 } = slots();
    chain.control.rollback(5);
    expect(chain.state.blocks.isBlock(finalized)).toBe(true);
    expect(chain.state.blocks.isBlock(finalized + 1)).toBe(false);
  });

  it('shows its genesis certificate', async () => {
    const { chain } = await started({ alpenglowGenesisSlot: 0 });
    chain.control.advanceSlots(1);
    expect(chain.call('getAgGenesisCert', [])).toMatchObject({ block: { slot: 0 }, signature: {} });
  });
});

describe('a cluster that goes over to Alpenglow', () => {
  it('finalises everything up to its genesis block at once, and goes on with Alpenglow', async () => {
    const { chain } = await started({ finalitySlots: 32 });
    chain.control.advanceSlots(40);
    const before = slots();
    expect(before['finalized']).toBe((before['processed'] ?? 0) - 32);
    expect(chain.call('getAgGenesisCert', [])).toBeNull();

    chain.control.migrate();
    expect(chain.call('getAgGenesisCert', [])).toBeNull();
    chain.control.advanceSlots(1);
    const { processed = 0 } = slots();
    expect(slots()).toEqual({ processed, confirmed: processed - 1, finalized: processed - 1 });
    expect(chain.call('getAgGenesisCert', [])).toMatchObject({ block: { slot: processed - 1 } });
  });

  it('does not know the certificate where the node is older', async () => {
    const { chain } = await started({ alpenglowGenesisSlot: 0, knowsAlpenglow: false });
    expect(() => chain.call('getAgGenesisCert', [])).toThrow('Method not found');
  });
});

describe('a cluster that changes the length of its slots', () => {
  it('shows it in the block times', async () => {
    const { chain } = await started({ blockTimeMs: 4_000 });
    chain.control.advanceSlots(5);
    const slot = chain.control.slot('processed');
    chain.control.changePace(2_000);
    chain.control.advanceSlots(5);
    const time = (at: number): number => chain.state.blocks.time(at) ?? Number.NaN;
    expect(time(slot) - time(slot - 5)).toBe(20);
    expect(time(slot + 5) - time(slot)).toBe(4 + 4 * 2);
  });
});

describe('the gates of a cluster', () => {
  const transfer = (): TransactionInstruction =>
    SystemProgram.transfer({
      fromPubkey: test.admin.publicKey,
      toPubkey: test.publisher.publicKey,
      lamports: 1_000_000,
    });
  const version1 = (): string =>
    Buffer.from(
      version1Transaction({
        payer: test.admin,
        blockhash: test.chain.state.blocks.hash(test.chain.control.slot('processed')),
        instructions: [transfer()],
        priorityFeeLamports: 0n,
        computeUnitLimit: 10_000,
      }),
    ).toString('base64');
  const gate = (): number[] => {
    const { data } = test.chain.control.account(VERSION_1_GATE) ?? { data: new Uint8Array() };
    return [...data.subarray(0, 1)];
  };

  it('refuses version 1 while its gate is closed, and shows the gate', async () => {
    const { chain } = await started({});
    expect(gate()).toEqual([1]);
    chain.control.setFeatures({ version1: false });
    expect(gate()).toEqual([0]);
    const config = { encoding: 'base64', preflightCommitment: 'processed' };
    expect(() => chain.call('sendTransaction', [version1(), config])).toThrow('Transaction version is unsupported');

    chain.control.setFeatures({ version1: true });
    expect(gate()).toEqual([1]);
    expect(chain.call('sendTransaction', [version1(), config])).toEqual(expect.any(String));
  });

  it('keeps a transaction whose payer cannot pay only where such failures are free', async () => {
    const { chain, connection } = await started({});
    const pauper = keypair('pauper');
    const send = (): Promise<string> =>
      test.send(
        [SystemProgram.transfer({ fromPubkey: pauper.publicKey, toPubkey: test.admin.publicKey, lamports: 1 })],
        [pauper],
        { skipPreflight: true },
      );
    const first = await send();
    expect(await connection.getSignatureStatus(first)).toMatchObject({ value: null });

    chain.control.setFeatures({ unpaidFailures: true });
    chain.control.advanceSlots(1);
    const kept = await send();
    chain.control.advanceSlots(40);
    const [row] = await connection.getSignaturesForAddress(test.admin.publicKey, { limit: 1 }, 'finalized');
    expect(row).toMatchObject({ signature: kept, err: 'AccountNotFound' });
    const answer = await connection.getTransaction(kept, {
      maxSupportedTransactionVersion: 0,
      commitment: 'finalized',
    });
    expect(answer?.meta).toMatchObject({ err: 'AccountNotFound', fee: 0, logMessages: [] });
  });
});

function setRoot(mint: string, publisher: Keypair, channel: string): TransactionInstruction {
  const root = new Uint8Array(32).fill(1);
  return toWeb3(setChannelMerkleRoot({ payer: publisher.publicKey, mint, channel, epoch: 1, root }));
}

describe('the limits of a transaction', () => {
  it('counts the instructions that programs call: at most 64 in all', async () => {
    const { chain, genesis, publisher } = await started({});
    const errorOf = (newChannels: number): unknown => {
      const wire = version1Transaction({
        payer: publisher,
        blockhash: chain.state.blocks.hash(chain.control.slot('processed')),
        instructions: Array.from({ length: newChannels }, (_, index) => setRoot(genesis.mint, publisher, `ch${index}`)),
        priorityFeeLamports: 0n,
        computeUnitLimit: 1_400_000,
      });
      const answer = chain.call('simulateTransaction', [
        Buffer.from(wire).toString('base64'),
        { encoding: 'base64', commitment: 'processed' },
      ]) as { value: { err: unknown } };
      return answer.value.err;
    };
    // Each creates its channel's account: two instructions.
    expect(errorOf(32)).toBeNull();
    expect(errorOf(33)).toEqual({ InstructionError: [32, 'MaxInstructionTraceLengthExceeded'] });
  });

  it('gives version 1 what its message asks for, and nothing where it does not ask', async () => {
    const { chain, genesis, publisher } = await started({});
    const simulated = (config: { computeUnitLimit: number; loadedAccountsDataSizeLimit?: number }, mask = 0b1111) => {
      const wire = version1Transaction({
        payer: publisher,
        blockhash: chain.state.blocks.hash(chain.control.slot('processed')),
        instructions: [setRoot(genesis.mint, publisher, 'channel')],
        priorityFeeLamports: 0n,
        ...config,
      });
      const transaction = parseTransaction(wire);
      const kept = transaction.config;
      if (kept !== null && !(mask & 0b100)) kept.computeUnitLimit = null;
      if (kept !== null && !(mask & 0b1000)) kept.loadedAccountsDataSizeLimit = null;
      const outcome = chain.state.simulate(transaction, chain.control.slot('processed'));
      return 'refused' in outcome ? outcome.refused : outcome.error;
    };
    const enough = { computeUnitLimit: 100_000 };
    expect(simulated(enough)).toBeNull();
    expect(simulated({ ...enough, loadedAccountsDataSizeLimit: 100 })).toBe('MaxLoadedAccountsDataSizeExceeded');
    expect(simulated(enough, 0b0111)).toBe('MaxLoadedAccountsDataSizeExceeded');
    expect(simulated({ computeUnitLimit: 100 })).toMatchObject({ InstructionError: [0, expect.anything()] });
    expect(simulated(enough, 0b1011)).toMatchObject({ InstructionError: [0, expect.anything()] });
  });
});
