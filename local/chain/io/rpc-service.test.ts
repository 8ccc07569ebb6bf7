import { PROGRAM_ID } from '@attention-oracle/sdk';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SystemProgram } from '@solana/web3.js';
import { keypair, startTestChain, type TestChain } from '../testing/test-chain.ts';

describe('JSON-RPC over HTTP', () => {
  let t: TestChain;
  beforeAll(async () => {
    t = await startTestChain({ startSlot: 1_000 }, { funded: [keypair('alice').publicKey] });
  });
  afterAll(() => t.close());

  const post = async (body: string) => {
    const response = await fetch(t.chain.rpcUrl, { method: 'POST', body });
    return { status: response.status, text: await response.text() };
  };
  const ask = async (method: string, ...params: unknown[]) => {
    const { text } = await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    return JSON.parse(text) as { result?: unknown; error?: { code: number; message: string; data?: unknown } };
  };

  it('answers a batch in order, each with its id', async () => {
    const { text } = await post(
      JSON.stringify([
        { jsonrpc: '2.0', id: 'a', method: 'getHealth' },
        { jsonrpc: '2.0', id: 2, method: 'nothing' },
        { jsonrpc: '2.0', method: 'getHealth' },
        { jsonrpc: '2.0', id: 3, method: 'getSlot', params: [{ commitment: 'finalized' }] },
      ]),
    );
    expect(JSON.parse(text)).toEqual([
      { jsonrpc: '2.0', id: 'a', result: 'ok' },
      { jsonrpc: '2.0', id: 2, error: { code: -32601, message: 'Method not found' } },
      { jsonrpc: '2.0', id: 3, result: 1_000 },
    ]);
  });

  it.each([
    ['{', -32700],
    ['[]', -32600],
    ['{"id":1,"method":"getSlot"}', -32600],
    ['null', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"getSlot","params":{"a":1}}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"toString"}', -32601],
  ])('answers %s with error %d', async (body, code) => {
    const { status, text } = await post(body);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ jsonrpc: '2.0', error: { code } });
  });

  it.each([
    ['getBalance', ['nonsense0']],
    ['getBalance', ['abc']],
    ['getBalance', [PROGRAM_ID, { commitment: 'recent' }]],
    ['getSignaturesForAddress', [PROGRAM_ID, { limit: 1_001 }]],
    ['getSignaturesForAddress', [PROGRAM_ID, { commitment: 'processed' }]],
    ['getSignaturesForAddress', [PROGRAM_ID, { before: PROGRAM_ID }]],
    ['getTransaction', ['1'.repeat(64), { encoding: 'xml' }]],
    ['getTransaction', [7]],
    ['getSignatureStatuses', ['x']],
    ['getMultipleAccounts', [new Array(101).fill(PROGRAM_ID)]],
    ['getMinimumBalanceForRentExemption', [-1]],
    ['getTokenAccountBalance', [PROGRAM_ID]],
    ['sendTransaction', ['0OIl']],
    ['sendTransaction', ['AAAA', { encoding: 'base64' }]],
    ['simulateTransaction', [{}]],
  ])('refuses wrong parameters of %s %j', async (method, params) => {
    expect((await ask(method, ...params)).error?.code).toBe(-32602);
  });

  it('refuses a minimum context slot that it has not reached, and says how far it is', async () => {
    expect((await ask('getSlot', { minContextSlot: 1_000 })).result).toBe(1_000);
    expect((await ask('getSlot', { minContextSlot: 1_001 })).error).toEqual({
      code: -32016,
      message: 'Minimum context slot has not been reached',
      data: { contextSlot: 1_000 },
    });
    expect((await ask('getBalance', PROGRAM_ID, { minContextSlot: 2_000 })).error?.code).toBe(-32016);
    expect((await ask('getSignaturesForAddress', PROGRAM_ID, { minContextSlot: 2_000 })).error?.code).toBe(-32016);
  });

  it('tells skipped, future and forgotten slots apart', async () => {
    t.chain.control.setFaults({
      ...t.chain.state.faults,
      slot: (slot) => ({ skip: slot === 1_003, rollbackSlots: 0 }),
    });
    t.chain.control.advanceSlots(4);
    expect((await ask('getBlockTime', 1_003)).error?.code).toBe(-32007);
    expect((await ask('getBlock', 1_003, { commitment: 'confirmed' })).error?.code).toBe(-32007);
    expect((await ask('getBlockTime', 9_999)).error?.code).toBe(-32004);
    expect((await ask('getBlockTime', 999)).error?.code).toBe(-32001);
    expect((await ask('getBlocks', 1_000, 1_005, { commitment: 'confirmed' })).result).toEqual([
      1_000, 1_001, 1_002, 1_004,
    ]);
    expect((await ask('getBlocksWithLimit', 1_000, 2, { commitment: 'confirmed' })).result).toEqual([1_000, 1_001]);
    expect((await ask('getBlockHeight', { commitment: 'processed' })).result).toBe(1_004);
    expect((await ask('getEpochInfo', { commitment: 'processed' })).result).toMatchObject({
      absoluteSlot: 1_005,
      blockHeight: 1_004,
      slotIndex: 1_005,
    });
  });

  it('shows a block with its transactions, in each of its forms', async () => {
    const alice = keypair('alice');
    const to = keypair('to').publicKey;
    const gift = SystemProgram.transfer({ fromPubkey: alice.publicKey, toPubkey: to, lamports: 10 ** 9 });
    const signature = await t.send([gift], [alice]);
    const slot = t.chain.control.slot('processed');
    t.chain.control.advanceSlots(1);
    const options = { commitment: 'confirmed', maxSupportedTransactionVersion: 0 } as const;
    const open = await t.connection.getBlock(slot, options);
    t.chain.control.advanceSlots(40);
    const final = await t.connection.getBlock(slot, { ...options, commitment: 'finalized' });
    expect(final).toEqual(open);
    expect(final?.transactions.map(({ transaction }) => transaction.signatures[0])).toEqual([signature]);
    expect((await ask('getBlock', slot, { transactionDetails: 'signatures' })).result).toMatchObject({
      signatures: [signature],
      parentSlot: slot - 1,
    });
    expect((await ask('getBlock', slot, { transactionDetails: 'none' })).result).not.toHaveProperty('transactions');
  });

  it('reads accounts by address, by program and filter, and in slices', async () => {
    const { mint, treasury } = t.genesis;
    expect((await ask('getTokenAccountBalance', treasury)).result).toMatchObject({
      value: { amount: '100000000000000000', decimals: 9, uiAmountString: '100000000' },
    });
    const filters = [{ dataSize: 141 }, { memcmp: { offset: 106, bytes: mint } }];
    const { result } = await ask('getProgramAccounts', PROGRAM_ID, { encoding: 'base64', filters });
    expect((result as { pubkey: string }[]).map(({ pubkey }) => pubkey)).toEqual([t.genesis.protocolState]);
    const slice = { encoding: 'base64', dataSlice: { offset: 8, length: 2 } };
    expect((await ask('getAccountInfo', t.genesis.protocolState, slice)).result).toMatchObject({
      value: { data: ['AQE=', 'base64'], space: 141, owner: PROGRAM_ID },
    });
    const many = await ask('getMultipleAccounts', [mint, keypair('nobody').publicKey.toBase58()], {
      encoding: 'base64',
    });
    expect((many.result as { value: unknown[] }).value).toEqual([expect.anything(), null]);
  });

  it('serves GET /health, and refuses other methods and bodies that are too large', async () => {
    expect(await (await fetch(`${t.chain.rpcUrl}/health`)).text()).toBe('ok');
    expect((await fetch(t.chain.rpcUrl)).status).toBe(405);
    expect((await post('x'.repeat(1_100_000))).status).toBe(413);
  });
});
