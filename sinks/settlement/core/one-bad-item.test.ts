/** One bad thing must not stop the others: trouble of one root holds that root, of one method degrades that method. */

import { describe, expect, it } from '@jest/globals';
import { Keypair } from '@solana/web3.js';
import { judgeSettled } from '../../../simulation/settlement/judge.ts';
import { SimulatedTransactions, seededRandom } from '../../../simulation/settlement/simulated-chain.ts';
import { SimulatedWorld } from '../../../simulation/settlement/simulated-world.ts';
import { localKey } from '../io/local-key.ts';
import type { TransactionFactory } from './ports.ts';
import { PublicationTransactions } from './publication-transaction.ts';
import type { RootToSettle } from './root-job.ts';

const HOUR_MS = 3_600_000;

function worldWith(channels: number, epochs: number): SimulatedWorld {
  const world = new SimulatedWorld(seededRandom(1));
  for (let epoch = 1; epoch <= epochs; epoch += 1) {
    for (let channel = 0; channel < channels; channel += 1) world.addRoot(`channel-${channel}`, BigInt(epoch));
  }
  return world;
}

function lastRow(world: SimulatedWorld, root: RootToSettle): string | undefined {
  const row = world.rowsOf(root).at(-1);
  return row?.status === 'HELD' ? `HELD ${row.reason?.split(':')[0]}` : row?.status;
}

/** What became of each root, by channel. */
function ends(world: SimulatedWorld): Record<string, (string | undefined)[]> {
  const byChannel = Object.groupBy(world.topic, ({ channel }) => channel);
  return Object.fromEntries(
    Object.entries(byChannel).map(([channel, roots]) => [channel, roots?.map((root) => lastRow(world, root)) ?? []]),
  );
}

describe('one bad item of settlement', () => {
  it('a channel account of an unknown layout holds its channel and no other', async () => {
    const world = worldWith(6, 2);
    world.chain.unreadableChannel = 'channel-3';
    const worker = world.startWorker();
    await world.runFor(worker, HOUR_MS);
    const { 'channel-3': bad, ...others } = ends(world);
    expect(bad?.[0]).toBe('HELD CHANNEL_ACCOUNT_UNREADABLE');
    expect(new Set(Object.values(others).flat())).toEqual(new Set(['FINALIZED']));
    world.chain.unreadableChannel = undefined;
    await world.run([worker]);
    expect(judgeSettled(world)).toEqual([]);
  });

  it('an account read that fails whenever one channel is in it holds that channel with the reason and no other', async () => {
    const world = worldWith(40, 1);
    const real = world.chain.accounts.bind(world.chain);
    world.chain.accounts = async (channels, ...rest) => {
      if (channels.includes('channel-3')) throw new Error('-32603 Internal error');
      return real(channels, ...rest);
    };
    await world.runFor(world.startWorker(), HOUR_MS);
    const { 'channel-3': bad, ...others } = ends(world);
    expect(bad).toEqual(['HELD CHAIN_CALL_FAILED']);
    expect(world.ledger.find(({ record }) => record.status === 'HELD')?.record.reason).toContain(
      '-32603 Internal error',
    );
    expect(new Set(Object.values(others).flat())).toEqual(new Set(['FINALIZED']));
  });

  it('getTransaction failing for one signature leaves FINALIZED without its fee and stalls nothing', async () => {
    const world = worldWith(6, 2);
    const real = world.chain.cost.bind(world.chain);
    let bad: string | undefined;
    world.chain.cost = async (signature) => {
      bad ??= signature;
      if (signature === bad) throw new Error('-32011 Transaction history is not available from this node');
      return real(signature);
    };
    await world.run([world.startWorker({ maxRootsPerTransaction: 1 })], undefined, HOUR_MS);
    expect(judgeSettled(world)).toEqual([]);
    const fees = world.ledger.flatMap(({ record }) => (record.status === 'FINALIZED' ? [record.feeLamports] : []));
    expect(fees.filter((fee) => fee === null)).toHaveLength(1);
    expect(fees.filter((fee) => fee === 5000n)).toHaveLength(11);
  });

  it('statuses that fail for one signature leave the others followed', async () => {
    const world = worldWith(6, 1);
    const real = world.chain.statuses.bind(world.chain);
    let bad: string | undefined;
    world.chain.statuses = async (signatures) => {
      bad ??= signatures[0];
      if (signatures.some((signature) => signature === bad)) throw new Error('-32602 Invalid param');
      return real(signatures);
    };
    await world.runFor(world.startWorker({ maxRootsPerTransaction: 1 }), HOUR_MS);
    expect(
      Object.values(ends(world))
        .flat()
        .filter((end) => end === 'FINALIZED'),
    ).toHaveLength(5);
  });

  it('an answer that leaves a signature out is unknown and ends no attempt', async () => {
    const world = worldWith(1, 1);
    const real = world.chain.statuses.bind(world.chain);
    world.chain.statuses = async (signatures) => ({ ...(await real(signatures)), statuses: new Map() });
    const worker = world.startWorker();
    await world.runFor(worker, HOUR_MS);
    expect(ends(world)).toEqual({ 'channel-0': ['PENDING'] });
    world.chain.statuses = real;
    await world.run([worker]);
    expect(judgeSettled(world)).toEqual([]);
  });

  it.each(['recentPriorityFees', 'rentExemptLamports'] as const)(
    'a node without %s goes on by the usual figures',
    async (method) => {
      const world = worldWith(2, 2);
      world.chain.lacks(method);
      await world.run([world.startWorker()], undefined, HOUR_MS);
      expect(judgeSettled(world)).toEqual([]);
    },
  );

  it('offers a fee although no node tells what others paid', async () => {
    const world = worldWith(1, 1);
    world.chain.lacks('recentPriorityFees');
    await world.run([world.startWorker({ priorityFee: { mode: 'estimate', cap: 50_000 } })]);
    expect(world.chain.prices).toEqual([500]);
  });

  it.each([
    ['simulated', 'simulate'],
    ['given a blockhash', 'latestBlockhash'],
  ] as const)('roots that are never %s say so, and go on when it is mended', async (_what, method) => {
    const world = worldWith(2, 1);
    const real = world.chain[method];
    world.chain.lacks(method);
    const worker = world.startWorker();
    await world.runFor(worker, HOUR_MS);
    expect(ends(world)).toEqual({ 'channel-0': ['HELD CHAIN_CALL_FAILED'], 'channel-1': ['HELD CHAIN_CALL_FAILED'] });
    Object.assign(world.chain, { [method]: real });
    await world.run([worker]);
    expect(judgeSettled(world)).toEqual([]);
  });

  it('one root whose simulation breaks the call is held, those that shared its transaction are published', async () => {
    const world = worldWith(5, 1);
    const real = world.chain.simulate.bind(world.chain);
    world.chain.simulate = async (wire) => {
      if (Buffer.from(wire).includes('channel-2')) throw new Error('-32602 too large: 1246 bytes');
      return real(wire);
    };
    await world.runFor(world.startWorker(), HOUR_MS);
    const { 'channel-2': bad, ...others } = ends(world);
    expect(bad).toEqual(['HELD CHAIN_CALL_FAILED']);
    expect(new Set(Object.values(others).flat())).toEqual(new Set(['FINALIZED']));
  });

  it('one root that fails the whole simulation without being named is held, the others are published', async () => {
    const world = worldWith(5, 1);
    const real = world.chain.simulate.bind(world.chain);
    world.chain.simulate = async (wire) =>
      Buffer.from(wire).includes('channel-2')
        ? { error: 'InvalidAccountIndex', logs: [], computeUnits: 0 }
        : real(wire);
    await world.runFor(world.startWorker(), HOUR_MS);
    const { 'channel-2': bad, ...others } = ends(world);
    expect(bad).toEqual(['HELD TRANSACTION_REFUSED']);
    expect(new Set(Object.values(others).flat())).toEqual(new Set(['FINALIZED']));
  });

  it('a protocol state that cannot be read holds every root and sends nothing', async () => {
    const world = worldWith(2, 1);
    world.chain.protocol = { unreadable: 'a ProtocolState of 140 bytes is not known here' };
    await world.runFor(world.startWorker(), HOUR_MS);
    expect(new Set(Object.values(ends(world)).flat())).toEqual(new Set(['HELD PROTOCOL_STATE_UNREADABLE']));
    expect(world.chain.landed).toEqual([]);
  });
});

class SizedTransactions extends SimulatedTransactions {
  override readonly size: TransactionFactory['size'];

  constructor(size: TransactionFactory['size']) {
    super();
    this.size = size;
  }
}

describe('a root that no transaction can carry', () => {
  const transactions = new PublicationTransactions({
    programId: 'GnGzNdsQMxMpJfMeqnkGPsvHm8kwaDidiKjNU2dCVZop',
    mint: Keypair.generate().publicKey.toBase58(),
    signer: { current: localKey(Keypair.generate()) },
  });

  const sized = new SizedTransactions((roots, form) => transactions.size(roots, form));

  it.each([
    ['a channel of 900 bytes', 'a'.repeat(900), 1n],
    ['a channel of 100,000 bytes', 'é'.repeat(50_000), 1n],
    ['a channel with a lone surrogate', 'fan\ud800', 1n],
    ['a channel in upper case', 'Lacy', 1n],
    ['an epoch below 0', 'lacy', -1n],
    ['an epoch of 2^64', 'lacy', 2n ** 64n],
  ])('%s is held and every other root is published', async (_what, channel, epoch) => {
    const world = worldWith(2, 1);
    world.addRoot(channel, epoch);
    world.addRoot('after', 1n);
    const worker = world.startWorker({}, undefined, sized);
    await world.runFor(worker, HOUR_MS);
    const { [channel]: bad, ...others } = ends(world);
    expect(bad).toEqual(['HELD ROOT_UNPUBLISHABLE']);
    expect(new Set(Object.values(others).flat())).toEqual(new Set(['FINALIZED']));
  });

  it('is passed over once an operator gave it up', async () => {
    const world = worldWith(0, 0);
    world.addRoot('a'.repeat(900), 1n);
    const worker = world.startWorker({ giveUp: new Map([['*', 1n]]) }, undefined, sized);
    await world.run([worker], undefined, HOUR_MS);
    expect(world.allCommitted).toBe(true);
    expect(world.ledger.map(({ record }) => record.reason?.split(':')[0])).toEqual(['GIVEN_UP']);
  });
});

describe('a node that lies', () => {
  /** Its simulation passes and its accounts are empty, and the chain refuses: every attempt is paid for. */
  function lyingWorld(): SimulatedWorld {
    const world = worldWith(2, 1);
    world.chain.preset('channel-0', 11n, 'aa'.repeat(32));
    const accounts = world.chain.accounts.bind(world.chain);
    world.chain.accounts = async (...asked) => {
      const answer = await accounts(...asked);
      const rings = new Map(
        [...answer.rings].map(([channel, ring]) => [channel, channel === 'channel-0' ? undefined : ring]),
      );
      return { ...answer, rings };
    };
    const simulate = world.chain.simulate.bind(world.chain);
    world.chain.simulate = async (wire) => ({ ...(await simulate(wire)), error: null, computeUnits: 15_000 });
    return world;
  }

  it('costs a bounded number of paid failures a root, then the root is held with what it cost', async () => {
    const world = lyingWorld();
    await world.runFor(world.startWorker(), 24 * HOUR_MS);
    expect(ends(world)).toEqual({ 'channel-0': ['HELD ATTEMPTS_EXHAUSTED'], 'channel-1': ['FINALIZED'] });
    expect(world.chain.failedOnChain).toBe(5);
    expect(world.rowsOf(world.topic[0] as RootToSettle).at(-1)?.reason).toMatch(
      /5 transactions .* cost 25000 lamports/,
    );
  });

  it('stays bounded over restarts, and tries again when an operator raises the bound', async () => {
    const world = lyingWorld();
    for (let restart = 0; restart < 4; restart += 1) await world.runFor(world.startWorker(), HOUR_MS);
    expect(world.chain.failedOnChain).toBe(5);
    await world.runFor(world.startWorker({ maxFailures: 7 }), HOUR_MS);
    expect(world.chain.failedOnChain).toBe(7);
  });

  it('is bounded by lamports too', async () => {
    const world = lyingWorld();
    await world.runFor(world.startWorker({ maxFailures: 1000, maxLostLamports: 12_000n }), 24 * HOUR_MS);
    expect(world.chain.failedOnChain).toBe(3);
  });
});
