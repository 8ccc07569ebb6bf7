import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { NO_FAULTS } from '../../local/chain/core/faults/fault-plan.ts';
import { rootHex, SettlementRig } from './testing/settlement-rig.ts';

let rig: SettlementRig;
beforeAll(async () => {
  rig = await SettlementRig.start();
});
afterEach(async () => {
  await rig.calm();
});
afterAll(async () => {
  await rig.stop();
});

describe('settlement against the chain', () => {
  it('brings roots of several channels on chain, in order, and commits behind them', async () => {
    const worker = await rig.startWorker();
    await rig.emitRoots(
      { channel: 'alpha', epoch: 11n },
      { channel: 'beta', epoch: 11n },
      { channel: 'alpha', epoch: 12n },
    );
    for (const [channel, epoch] of [
      ['alpha', 11n],
      ['beta', 11n],
      ['alpha', 12n],
    ] as const) {
      const rows = await rig.rowsUntil(channel, epoch, 'FINALIZED');
      expect(rows.map(({ status }) => status)).toEqual(['PENDING', 'CONFIRMED', 'FINALIZED']);
      expect(rows[2]?.feeLamports).toBeGreaterThanOrEqual(5000n);
      expect(rig.rootOnChain(channel, epoch)).toBe(rootHex(channel, epoch));
    }
    expect(worker.ready()).toEqual({ kafka: true, rpc: true, ledger: true });
    await worker.stop();
    expect(await rig.unsettledCount()).toBe(0);
  });

  it('brings many roots on chain in few version 1 transactions, and legacy ones where those are refused by setting', async () => {
    const roots = Array.from({ length: 30 }, (_, index) => ({
      channel: `many-${index % 5}`,
      epoch: BigInt(11 + Math.floor(index / 5)),
    }));
    await rig.emitRoots(...roots);
    const worker = await rig.startWorker();
    const signatures = new Set<string | null | undefined>();
    for (const { channel, epoch } of roots) {
      const rows = await rig.rowsUntil(channel, epoch, 'FINALIZED');
      signatures.add(rows.at(-1)?.signature);
    }
    await worker.stop();
    expect(new Set(await rig.versionsOf([...signatures]))).toEqual(new Set([1]));
    // The five accounts come into being first, or with the first epochs.
    expect(signatures.size).toBeLessThanOrEqual(6);
    const legacy = await rig.startWorker({ SETTLEMENT_TRANSACTION_VERSION: 'legacy' });
    await rig.emitRoots({ channel: 'many-0', epoch: 30n });
    const rows = await rig.rowsUntil('many-0', 30n, 'FINALIZED');
    expect(await rig.versionsOf([rows.at(-1)?.signature])).toEqual(['legacy']);
    await legacy.stop();
  });

  it('publishes once when the answer to a send is an error although the transaction landed', async () => {
    rig.chain.control.setFaults({ ...NO_FAULTS, send: () => 'error-but-landed' });
    const worker = await rig.startWorker();
    await rig.emitRoots({ channel: 'landed', epoch: 11n });
    const rows = await rig.rowsUntil('landed', 11n, 'FINALIZED');
    expect(rows.filter(({ status }) => status === 'PENDING')).toHaveLength(1);
    expect(await rig.publicationCount('landed')).toBe(1);
    await worker.stop();
  });

  it('sends the same bytes again until a dropped transaction lands', async () => {
    rig.chain.control.setFaults({ ...NO_FAULTS, send: (_signature, attempt) => (attempt < 3 ? 'dropped' : null) });
    const worker = await rig.startWorker();
    await rig.emitRoots({ channel: 'dropped', epoch: 11n });
    const rows = await rig.rowsUntil('dropped', 11n, 'FINALIZED');
    expect(new Set(rows.map(({ signature }) => signature)).size).toBe(1);
    await worker.stop();
  });

  it('makes a new transaction only after the first one has expired', async () => {
    let first: string | undefined;
    rig.chain.control.setFaults({
      ...NO_FAULTS,
      send: (signature) => ((first ??= signature) === signature ? 'dropped' : null),
    });
    const worker = await rig.startWorker();
    await rig.emitRoots({ channel: 'expired', epoch: 11n });
    const rows = await rig.rowsUntil('expired', 11n, 'FINALIZED');
    expect(rows.map(({ status, attempt }) => [status, attempt])).toEqual([
      ['PENDING', 1],
      ['FAILED', 1],
      ['PENDING', 2],
      ['CONFIRMED', 2],
      ['FINALIZED', 2],
    ]);
    expect(rows[1]?.reason).toMatch(/^EXPIRED: /);
    expect(await rig.publicationCount('expired')).toBe(1);
    await worker.stop();
  });

  it('resolves what a dead worker left pending before it sends anything', async () => {
    const channel = 'left-pending';
    await rig.emitRoots({ channel, epoch: 11n });
    const [{ offset }] = await rig.rootOffsets(channel);
    await rig.appendLedger({
      ...{
        channel,
        epoch: 11n,
        root: rootHex(channel, 11n),
        status: 'PENDING',
        attempt: 1,
        signature: rig.unknownSignature(),
      },
      ...{
        lastValidBlockHeight: (await rig.blockHeight()) + 60,
        slot: null,
        feeLamports: null,
        computeUnits: null,
        reason: null,
      },
      ...{ rootPartition: rig.partitionOf(channel), rootOffset: offset, at: Date.now(), worker: 'dead' },
    });
    const worker = await rig.startWorker();
    const rows = await rig.rowsUntil(channel, 11n, 'FINALIZED');
    expect(rows.map(({ status, attempt }) => [status, attempt])).toEqual([
      ['PENDING', 1],
      ['FAILED', 1],
      ['PENDING', 2],
      ['CONFIRMED', 2],
      ['FINALIZED', 2],
    ]);
    await worker.stop();
  });

  it('says ALREADY_SETTLED of a root that another has published', async () => {
    await rig.publishByHand({ channel: 'by-hand', epoch: 11n, root: rootHex('by-hand', 11n) });
    const worker = await rig.startWorker();
    await rig.emitRoots({ channel: 'by-hand', epoch: 11n });
    const rows = await rig.rowsUntil('by-hand', 11n, 'ALREADY_SETTLED');
    expect(rows.map(({ status }) => status)).toEqual(['ALREADY_SETTLED']);
    await worker.stop();
  });

  it('stops a channel at a conflict, goes on with others, and goes on with it when the conflict is given up', async () => {
    await rig.publishByHand({ channel: 'disputed', epoch: 11n, root: 'ab'.repeat(32) });
    const worker = await rig.startWorker();
    await rig.emitRoots(
      { channel: 'disputed', epoch: 11n },
      { channel: 'disputed', epoch: 12n },
      { channel: 'calm', epoch: 11n },
    );
    expect((await rig.rowsUntil('disputed', 11n, 'CONFLICT')).at(-1)?.reason).toContain('ab'.repeat(32));
    expect((await rig.rowsUntil('disputed', 12n, 'HELD'))[0]?.reason).toMatch(/^CHANNEL_STOPPED: /);
    await rig.rowsUntil('calm', 11n, 'FINALIZED');
    await worker.stop();
    const again = await rig.startWorker();
    await rig.emitRoots({ channel: 'disputed', epoch: 13n });
    await rig.rowsUntil('disputed', 13n, 'HELD');
    expect(rig.rows('disputed', 12n)).toHaveLength(1);
    await again.stop();
    const released = await rig.startWorker({ SETTLEMENT_GIVE_UP: 'disputed:11' });
    await rig.rowsUntil('disputed', 13n, 'FINALIZED');
    expect(rig.rootOnChain('disputed', 12n)).toBe(rootHex('disputed', 12n));
    expect(rig.rows('disputed', 11n).map(({ status }) => status)).toEqual(['CONFLICT']);
    await released.stop();
  });

  it('holds an epoch that is not above the ring and names the EPOCH_BASE that it needs', async () => {
    await rig.publishByHand({ channel: 'hourly', epoch: 1_763_942_401n, root: 'cd'.repeat(32) });
    const worker = await rig.startWorker();
    await rig.emitRoots({ channel: 'hourly', epoch: 901n });
    const [row] = await rig.rowsUntil('hourly', 901n, 'HELD');
    expect(row?.reason).toMatch(/^EPOCH_NOT_ABOVE_RING: .*ao epoch-base change --to 1763942410 --later /);
    await worker.stop();
    const passing = await rig.startWorker({ SETTLEMENT_GIVE_UP: 'hourly:901' });
    const rows = await rig.rowsUntil('hourly', 901n, 'CONFLICT');
    expect(rows.at(-1)?.reason).toMatch(/^GIVEN_UP: /);
    await passing.stop();
  });

  it('takes a root whose record comes again for done when the ring has gone past it', async () => {
    const worker = await rig.startWorker();
    await rig.emitRoots({ channel: 'again', epoch: 11n }, { channel: 'again', epoch: 21n });
    await rig.rowsUntil('again', 21n, 'FINALIZED');
    await worker.stop();
    await rig.emitRoots({ channel: 'again', epoch: 11n }, { channel: 'again', epoch: 22n });
    const next = await rig.startWorker();
    await rig.rowsUntil('again', 22n, 'FINALIZED');
    await next.stop();
    expect(rig.rows('again', 11n).map(({ status }) => status)).toEqual(['PENDING', 'CONFIRMED', 'FINALIZED']);
    expect(await rig.unsettledCount('again')).toBe(0);
  });

  it('takes a root for settled that the ring has lost and the history of its channel shows', async () => {
    await rig.publishByHand({ channel: 'lost-ledger', epoch: 11n, root: rootHex('lost-ledger', 11n) });
    await rig.publishByHand({ channel: 'lost-ledger', epoch: 21n, root: rootHex('lost-ledger', 21n) });
    const worker = await rig.startWorker();
    await rig.emitRoots({ channel: 'lost-ledger', epoch: 11n });
    const [row] = await rig.rowsUntil('lost-ledger', 11n, 'ALREADY_SETTLED', 'HELD');
    expect(row?.reason).toMatch(/^PUBLISHED_BEFORE: /);
    await worker.stop();
  });

  it('holds a root whose claims stand on chain under another epoch, which the ring holds no more', async () => {
    const channel = 'second-base';
    const old = rootHex(channel, 11n);
    for (const [epoch, root] of [
      [9n, rootHex(channel, 9n)],
      [11n, old],
      [21n, rootHex(channel, 21n)],
    ] as const) {
      await rig.publishByHand({ channel, epoch, root });
    }
    const worker = await rig.startWorker();
    await rig.emitRoots({ channel, epoch: 41n, root: old, startSlot: 110 });
    const [row] = await rig.rowsUntil(channel, 41n, 'HELD', 'FINALIZED');
    expect(row?.reason).toMatch(/^CLAIMS_ON_CHAIN: .*in the root of epoch 11;/);
    await worker.stop();
    const passing = await rig.startWorker({ SETTLEMENT_GIVE_UP: `${channel}:41` });
    // A slot that the chain does not reach however slow the machine is.
    await rig.emitRoots({ channel, epoch: 42n, startSlot: 1_000_000_000 });
    await rig.rowsUntil(channel, 42n, 'FINALIZED');
    await passing.stop();
    expect(rig.rootOnChain(channel, 41n)).toBeUndefined();
  });

  it('holds a root over the slots of one that it has settled under another epoch', async () => {
    const worker = await rig.startWorker();
    await rig.emitRoots({ channel: 'same-slots', epoch: 11n });
    await rig.rowsUntil('same-slots', 11n, 'FINALIZED');
    await rig.emitRoots({ channel: 'same-slots', epoch: 31n, startSlot: 105 });
    const [row] = await rig.rowsUntil('same-slots', 31n, 'HELD', 'FINALIZED');
    expect(row?.reason).toMatch(/^CLAIMS_ON_CHAIN: .*slots 105 to 114/);
    await worker.stop();
    const passing = await rig.startWorker({ SETTLEMENT_GIVE_UP: 'same-slots:31' });
    await rig.rowsUntil('same-slots', 31n, 'CONFLICT');
    await passing.stop();
  });

  it('holds roots while the key is not entitled, and publishes them with the right one', async () => {
    const worker = await rig.startWorker({ SETTLEMENT_KEYPAIR: rig.keyFile('stranger') });
    await rig.emitRoots({ channel: 'entitled', epoch: 11n });
    const [row] = await rig.rowsUntil('entitled', 11n, 'HELD');
    expect(row?.reason).toMatch(/^UNAUTHORIZED: /);
    await worker.stop();
    const entitled = await rig.startWorker();
    await rig.rowsUntil('entitled', 11n, 'FINALIZED');
    await entitled.stop();
  });

  it('sends nothing with AUTO_PUBLISH=false and says of each root once what it would send', async () => {
    const dry = { AUTO_PUBLISH: 'false', SETTLEMENT_KEYPAIR: '' };
    const worker = await rig.startWorker(dry);
    await rig.emitRoots({ channel: 'dry', epoch: 11n }, { channel: 'dry', epoch: 12n });
    const [row] = await rig.rowsUntil('dry', 11n, 'HELD');
    expect(row?.reason).toMatch(
      /^AUTO_PUBLISH_OFF: would send set_channel_merkle_root\(channel dry, epoch 11, root [0-9a-f]{64}\)/,
    );
    expect(row?.reason).toContain(rig.publisher.publicKey.toBase58());
    await rig.rowsUntil('dry', 12n, 'HELD');
    await worker.stop();
    const again = await rig.startWorker(dry);
    await rig.emitRoots({ channel: 'dry', epoch: 13n });
    await rig.rowsUntil('dry', 13n, 'HELD');
    await again.stop();
    for (const epoch of [11n, 12n, 13n]) expect(rig.rows('dry', epoch).map(({ status }) => status)).toEqual(['HELD']);
    expect(await rig.publicationCount('dry')).toBe(0);
    expect(await rig.unsettledCount('dry')).toBeGreaterThanOrEqual(3);
    const publishing = await rig.startWorker();
    await rig.rowsUntil('dry', 13n, 'FINALIZED');
    await publishing.stop();
  });

  it.each([900, 20_000])(
    'holds a root whose channel has a name of %i bytes and goes on with the others',
    async (bytes) => {
      const long = 'x'.repeat(bytes);
      const worker = await rig.startWorker();
      await rig.emitRoots({ channel: long, epoch: 11n }, { channel: `beside-${bytes}`, epoch: 11n });
      const [row] = await rig.rowsUntil(long, 11n, 'HELD');
      expect(row?.reason).toMatch(/^ROOT_UNPUBLISHABLE: /);
      await rig.rowsUntil(`beside-${bytes}`, 11n, 'FINALIZED');
      await worker.stop();
      const passing = await rig.startWorker({ SETTLEMENT_GIVE_UP: `${long}:11` });
      await rig.rowsUntil(long, 11n, 'CONFLICT');
      await passing.stop();
    },
  );

  it('puts a record that is no root to the dead letters and goes on', async () => {
    const worker = await rig.startWorker();
    const before = await rig.deadLetterCount();
    await rig.emit({ key: 'broken', value: Buffer.from('not avro') });
    await rig.emitRoots({ channel: 'broken', epoch: 11n });
    await rig.rowsUntil('broken', 11n, 'FINALIZED');
    expect(await rig.deadLetterCount()).toBe(before + 1);
    await worker.stop();
    expect(await rig.unsettledCount()).toBe(0);
  });

  it('publishes each root once when several workers share the work and one is handed over', async () => {
    const first = await rig.startWorker({ SETTLEMENT_WORKER_ID: 'first' });
    const channels = Array.from({ length: 9 }, (_, index) => `shared-${index}`);
    await rig.emitRoots(...channels.map((channel) => ({ channel, epoch: 11n })));
    const second = await rig.startWorker({ SETTLEMENT_WORKER_ID: 'second' });
    await rig.emitRoots(...channels.map((channel) => ({ channel, epoch: 12n })));
    await rig.rowsUntil('shared-0', 11n, 'FINALIZED', 'ALREADY_SETTLED');
    await first.stop();
    for (const channel of channels) {
      for (const epoch of [11n, 12n]) {
        await rig.rowsUntil(channel, epoch, 'FINALIZED', 'ALREADY_SETTLED');
        expect(rig.rootOnChain(channel, epoch)).toBe(rootHex(channel, epoch));
      }
      expect(await rig.publicationCount(channel)).toBe(2);
    }
    await second.stop();
    expect(await rig.unsettledCount()).toBe(0);
  });
});
