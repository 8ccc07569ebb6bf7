import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Keypair } from '@solana/web3.js';
import { PublicationTransactions } from '../core/publication-transaction.ts';
import { localKey } from './local-key.ts';
import { RpcChain } from './rpc-chain.ts';
import { RpcEndpoints } from './rpc-endpoints.ts';

type Answer = { readonly result: unknown } | { readonly error: { code: number; message: string } } | { status: number };

interface Request {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

const PROGRAM = 'GnGzNdsQMxMpJfMeqnkGPsvHm8kwaDidiKjNU2dCVZop';
const mint = Keypair.generate().publicKey.toBase58();
const signer = Keypair.generate();
const transactions = new PublicationTransactions({ programId: PROGRAM, mint, signer: { current: localKey(signer) } });
const terms = { form: 'legacy', blockhash: mint, computeUnitLimit: 1, priorityFee: 1 } as const;
const wire = transactions.createUnsigned([], signer.publicKey.toBase58(), terms);
const signature = '5'.repeat(87);
const context = { slot: 90 };
const status = { slot: 80, confirmations: 3, err: null, confirmationStatus: 'confirmed' };

let server: Server;
let chain: RpcChain;
let answers: Record<string, Answer | ((params: readonly unknown[]) => Answer)>;
let asked: { method: string; params: readonly unknown[] }[];

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { id, method, params } = JSON.parse(Buffer.concat(parts).toString('utf8')) as Request;
      asked.push({ method, params });
      const found = answers[method] ?? { error: { code: -32601, message: 'Method not found' } };
      const answer = typeof found === 'function' ? found(params) : found;
      if ('status' in answer) response.writeHead(answer.status).end('busy: https://rpc.example/?api-key=secret');
      else
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?api-key=secret`;
  const endpoints = new RpcEndpoints([url], 5000, new AbortController().signal);
  chain = new RpcChain(endpoints, { mint, programId: PROGRAM });
});
beforeEach(() => {
  answers = {};
  asked = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const account = (bytes: number): unknown => ({
  data: [Buffer.concat([Buffer.from('4a848dc440345388', 'hex'), Buffer.alloc(bytes - 8)]).toString('base64'), 'base64'],
  ...{ executable: false, lamports: 1, owner: PROGRAM, rentEpoch: 0, space: bytes },
});
const featureAccount = (tag: number): unknown => ({
  data: [Buffer.from([tag, ...new Array<number>(8).fill(0)]).toString('base64'), 'base64'],
  ...{ executable: false, lamports: 1, owner: 'Feature111111111111111111111111111111111111', rentEpoch: 0, space: 9 },
});
const calls: Record<string, () => Promise<unknown>> = {
  getEpochInfo: () => chain.finalizedHead(),
  getSignatureStatuses: () => chain.statuses([signature]),
  getMultipleAccounts: () => chain.accounts(['lacy'], signer.publicKey.toBase58(), 'confirmed'),
  getLatestBlockhash: () => chain.latestBlockhash(),
  simulateTransaction: () => chain.simulate(wire),
  getRecentPrioritizationFees: () => chain.recentPriorityFees(['lacy']),
  getMinimumBalanceForRentExemption: () => chain.rentExemptLamports(1782),
  getTransaction: () => chain.cost(signature),
};

describe('an answer of a node that is not of its form', () => {
  it.each([
    ['getEpochInfo', { epoch: 1, slotIndex: 1, slotsInEpoch: 2, absoluteSlot: 10 }],
    ['getEpochInfo', { epoch: 1, slotIndex: 1, slotsInEpoch: 2, absoluteSlot: 10, blockHeight: -1 }],
    ['getEpochInfo', { epoch: 1, slotIndex: 1, slotsInEpoch: 2, absoluteSlot: 1e300, blockHeight: 5 }],
    ['getEpochInfo', null],
    ['getSignatureStatuses', { context, value: [] }],
    ['getSignatureStatuses', { context, value: [status, null] }],
    ['getSignatureStatuses', { context: { slot: 1.5 }, value: [status] }],
    ['getSignatureStatuses', { context, value: [{ ...status, slot: -4 }] }],
    ['getSignatureStatuses', { context, value: [{ ...status, confirmationStatus: 'rooted' }] }],
    ['getSignatureStatuses', 'ok'],
    ['getMultipleAccounts', { context, value: [null] }],
    ['getMultipleAccounts', { context, value: [null, null, null, { ...(account(8) as object), lamports: 0.5 }] }],
    ['getMultipleAccounts', { context, value: [null, null, { lamports: 1 }, null] }],
    ['getMultipleAccounts', { value: [null, null, null, null] }],
    ['getLatestBlockhash', { context, value: { blockhash: 'not base58 0OIl', lastValidBlockHeight: 9 } }],
    ['getLatestBlockhash', { context, value: { blockhash: 'abc', lastValidBlockHeight: 9 } }],
    ['getLatestBlockhash', { context, value: { blockhash: mint, lastValidBlockHeight: -9 } }],
    ['simulateTransaction', { context, value: { err: null, logs: [] } }],
    ['simulateTransaction', { context, value: { err: null, logs: [], unitsConsumed: -1 } }],
    ['simulateTransaction', { context, value: { logs: [], unitsConsumed: 1 } }],
    ['getRecentPrioritizationFees', [{ slot: 1 }]],
    ['getRecentPrioritizationFees', [{ slot: 1, prioritizationFee: -5 }]],
    ['getRecentPrioritizationFees', {}],
    ['getMinimumBalanceForRentExemption', 0],
    ['getMinimumBalanceForRentExemption', '5'],
    ['getTransaction', { slot: 1, meta: { err: null, fee: 0.5 } }],
    ['getTransaction', 7],
  ])('%s (%#) is unknown: an error that may pass, never a value', async (method, result) => {
    answers[method] = { result };
    await expect(calls[method]?.()).rejects.toMatchObject({ code: 'RPC_MALFORMED', retryable: true });
  });

  it.each(Object.keys(calls))('an error of %s is one too, and tells no address', async (method) => {
    answers[method] = { error: { code: -32603, message: 'see https://rpc.example/?api-key=secret' } };
    const error = await calls[method]?.().catch((failure: unknown) => failure);
    expect(error).toMatchObject({ name: 'AppError', retryable: true });
    expect(String((error as Error).message)).not.toContain('secret');
  });
});

describe('the chain over JSON-RPC', () => {
  it('says that an account is of a layout it does not know, and reads the others', async () => {
    answers['getMultipleAccounts'] = {
      result: { context, value: [account(200), null, account(1790), account(1782), null] },
    };
    const { protocol, rings, payerLamports } = await chain.accounts(['other', 'lacy'], mint, 'confirmed');
    expect(protocol).toMatchObject({ unreadable: expect.stringContaining('ProtocolState') });
    expect(rings.get('other')).toMatchObject({ unreadable: expect.stringContaining('1790 bytes is not known') });
    expect(rings.get('lacy')).toHaveLength(10);
    expect(payerLamports).toBe(0n);
  });

  it.each([
    ['no account', null, false],
    ['a feature that is asked for', featureAccount(0), false],
    ['an active feature', featureAccount(1), true],
    ["somebody else's account", { ...(account(9) as object), data: ['AQAAAAAAAAAA', 'base64'] }, false],
  ])('takes version 1 for switched on by its gate alone: %s', async (_what, gate, version1) => {
    answers['getMultipleAccounts'] = { result: { context, value: [null, gate, null] } };
    expect(await chain.accounts(['lacy'], undefined, 'confirmed')).toMatchObject({ version1, protocol: undefined });
    expect((asked[0]?.params[0] as string[])[1]).toBe('txv1aq4pp281K9um3tnPgkfX8UqtFT6wcVW3hNezGLL');
  });

  it('simulates and sends a version 1 transaction as it is', async () => {
    const version1 = transactions.createUnsigned([], signer.publicKey.toBase58(), { ...terms, form: 'version1' });
    answers['simulateTransaction'] = { result: { context, value: { err: null, logs: [], unitsConsumed: 7 } } };
    answers['sendTransaction'] = { result: signature };
    expect(await chain.simulate(version1)).toMatchObject({ error: null, computeUnits: 7 });
    await chain.send(version1);
    const base64 = Buffer.from(version1).toString('base64');
    expect(asked.map(({ params: [sent] }) => sent)).toEqual([base64, base64]);
  });

  it('asks a node that keeps no history for what it has', async () => {
    answers['getSignatureStatuses'] = ([, options]) =>
      (options as { searchTransactionHistory: boolean }).searchTransactionHistory
        ? { error: { code: -32011, message: 'Transaction history is not available from this node' } }
        : { result: { context, value: [status] } };
    const { statuses } = await chain.statuses([signature]);
    expect(statuses.get(signature)).toEqual({ slot: 80, confirmation: 'confirmed', error: null });
  });

  it('does not ask about what is no signature, which would spoil the answer for the others', async () => {
    answers['getSignatureStatuses'] = { result: { context, value: [status] } };
    const { statuses } = await chain.statuses(['no signature', signature, '']);
    expect(asked[0]?.params[0]).toEqual([signature]);
    expect([...statuses.values()]).toEqual([null, expect.objectContaining({ slot: 80 }), null]);
  });

  it('finds the finalised head without getEpochInfo', async () => {
    answers['getBlockHeight'] = { result: 70 };
    answers['getSlot'] = { result: 91 };
    expect(await chain.finalizedHead()).toEqual({ slot: 91, blockHeight: 70 });
  });

  it.each([
    [{ status: 429 }, 'RPC_RATE_LIMITED'],
    [{ status: 503 }, 'RPC_UNAVAILABLE'],
    [{ error: { code: -32601, message: 'Method not found' } }, 'RPC_METHOD_MISSING'],
    [{ error: { code: -32016, message: 'Minimum context slot has not been reached' } }, 'RPC_NODE_BEHIND'],
    [{ error: { code: -32011, message: 'history' } }, 'HISTORY_TOO_SHORT'],
  ])('tells failures apart: %j is %s', async (answer, code) => {
    answers['getTransaction'] = answer;
    const error = await chain.cost(signature).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code });
    expect(String((error as Error).message)).not.toContain('secret');
  });
});
