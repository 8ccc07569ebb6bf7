/** The whole role on a real broker and registry, reading from a small RPC server. */

import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../runtime/config.ts';
import { createKafka, type KafkaClient } from '../../runtime/kafka/client.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { readToEnd } from '../../runtime/kafka/topic-reader.ts';
import { type TopicNames, topicNames } from '../../runtime/kafka/topics.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { type StartedRole, startRole } from '../../runtime/role.ts';
import type { Cursor, SlotWatermark, StreamEvent } from '../../schemas/records.ts';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { until } from '../../tests/testing/until.ts';
import { listenerConfig } from './config.ts';
import { backfill, role } from './main.ts';
import { claimTransaction } from './testing/claim-transactions.ts';
import { type FixtureOptions, FixtureRpc } from './testing/fixture-rpc.ts';
import { madeUpTransactions, recordedTransactions } from './testing/fixture-transactions.ts';

const open: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.stop();
});

let kafka: KafkaClient;
beforeAll(() => {
  kafka = createKafka(loadConfig(listenerConfig, environment('')), 'listener-test', silentLogger());
});

function environment(namespace: string, more: Record<string, string> = {}): Record<string, string> {
  const { kafkaBrokers, registryUrl } = testStack();
  return {
    KAFKA_BROKERS: kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: registryUrl,
    KAFKA_NAMESPACE: namespace,
    METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
    RECONCILE_INTERVAL_MS: '100',
    FAILED_TRANSACTIONS: 'write',
    LOG_LEVEL: 'silent',
    ...more,
  };
}

async function serve(options: FixtureOptions = {}): Promise<FixtureRpc> {
  const server = await FixtureRpc.start(options);
  open.push(server);
  return server;
}

async function listen(env: Record<string, string>): Promise<StartedRole> {
  const started = await startRole(role, env, silentLogger());
  open.unshift(started);
  return started;
}

interface Stored {
  readonly events: StreamEvent[];
  readonly watermarks: SlotWatermark[];
  readonly cursors: Cursor[];
  /** Header of the code to value. */
  readonly letters: { code: string; value: string }[];
}

/** Everything that stands, committed, in the topics. */
async function stored(namespace: string): Promise<Stored> {
  const settings = loadConfig(listenerConfig, environment(namespace));
  const codec = await RecordCodec.connect(settings);
  const topics: TopicNames = topicNames(settings);
  const found: Stored = { events: [], watermarks: [], cursors: [], letters: [] };
  const read = (topic: string): Promise<unknown> =>
    readToEnd({
      kafka,
      topic,
      onRecords: async (records, partition) => {
        await codec.prepare(records.map(({ value }) => value));
        for (const message of records) {
          if (topic === topics.deadLetters) {
            const code = String(message.headers?.['ao-error-code']);
            found.letters.push({ code, value: String(message.value) });
            continue;
          }
          const decoded = codec.decode(message.value);
          if (decoded.name === 'StreamEvent') found.events.push(decoded.value);
          else if (decoded.name === 'SlotWatermark' && partition === 0) found.watermarks.push(decoded.value);
          else if (decoded.name === 'Cursor') found.cursors.push(decoded.value);
        }
      },
    });
  for (const topic of [topics.streamEvents, topics.cursors, topics.deadLetters]) await read(topic);
  return found;
}

const reconciled = (started: StartedRole): Promise<unknown> =>
  until('reconciled', () => started.ready()['reconciled'] === true);

async function metric(started: StartedRole, line: string): Promise<number> {
  const text = await (await fetch(`${started.opsUrl}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((each) => each.startsWith(line))
      ?.split(' ')[1] ?? Number.NaN,
  );
}

describe('listener', () => {
  it('writes each of the 259 recorded events once, then a watermark at the tip to every partition', async () => {
    const namespace = `${uniqueName('listener')}-`;
    const server = await serve({ webSocket: false });
    const transactions = recordedTransactions();
    server.add(transactions);
    server.finalizedSlot = transactions.at(-1)?.slot ?? 0;
    const started = await listen(environment(namespace, { ANCHOR_PROVIDER_URL: server.url }));
    await reconciled(started);
    const { events, watermarks, cursors } = await stored(namespace);
    expect(events).toHaveLength(259);
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(259);
    expect(watermarks).toHaveLength(1);
    expect(watermarks[0]).toMatchObject({ fromSlot: 0, slot: server.finalizedSlot, signatures: 249 });
    expect(cursors.at(-1)).toMatchObject({ fromSlot: 0, slot: server.finalizedSlot });
    expect(await metric(started, 'ao_listener_slots_behind')).toBe(0);
  });

  it('writes what the subscription tells of at once, at confirmed, and vouches for it by the next watermark', async () => {
    const namespace = `${uniqueName('listener')}-`;
    const server = await serve();
    server.add([claimTransaction({ slot: 5 })]);
    server.finalizedSlot = 10;
    const started = await listen(environment(namespace, { ANCHOR_PROVIDER_URL: server.url }));
    await reconciled(started);
    await until('subscribed', () => server.subscribers === 1);
    const claim = claimTransaction({ slot: 20 });
    server.announce(claim);
    await until('written', async () => (await metric(started, 'ao_listener_notification_latency_ms_count')) === 1);
    server.finalizedSlot = 30;
    await until('final', async () => (await metric(started, 'ao_listener_watermark_slot')) === 30);
    const { events } = await stored(namespace);
    const own = events.filter(({ signature }) => signature === claim.signature);
    expect(own.map(({ commitment, retracted }) => `${commitment} ${retracted}`)).toEqual(['confirmed false']);
  });

  it('goes on from its cursor after a restart, without writing anything twice', async () => {
    const namespace = `${uniqueName('listener')}-`;
    const server = await serve();
    server.add([claimTransaction({ slot: 5 }), claimTransaction({ slot: 8 })]);
    server.finalizedSlot = 10;
    const env = environment(namespace, { ANCHOR_PROVIDER_URL: server.url });
    const first = await listen(env);
    await reconciled(first);
    await until('subscribed', () => server.subscribers === 1);
    const pending = claimTransaction({ slot: 20 });
    server.announce(pending);
    await until('written', async () => (await metric(first, 'ao_listener_notification_latency_ms_count')) === 1);
    await first.stop();
    // While nobody listened, the fork with the pending transaction was given up, and another one was finalised.
    server.remove(pending.signature);
    server.add([claimTransaction({ slot: 21 })]);
    server.finalizedSlot = 40;
    const second = await listen(env);
    await reconciled(second);
    const { events, watermarks } = await stored(namespace);
    expect(events.filter(({ signature }) => signature === pending.signature).map(({ retracted }) => retracted)).toEqual(
      [false, true],
    );
    expect(events.filter(({ retracted }) => !retracted)).toHaveLength(4);
    expect(watermarks[0]?.slot).toBe(10);
    expect(watermarks.at(-1)?.slot).toBe(40);
  });

  it('ends when another process takes its id over', async () => {
    const namespace = `${uniqueName('listener')}-`;
    const server = await serve();
    server.add([claimTransaction({ slot: 5 })]);
    server.finalizedSlot = 10;
    const env = environment(namespace, { ANCHOR_PROVIDER_URL: server.url });
    const first = await listen(env);
    await reconciled(first);
    const second = await listen(env);
    await until('two subscribers', () => server.subscribers === 2);
    server.announce(claimTransaction({ slot: 20 }));
    expect(await first.stopped).toMatchObject({ code: 'PRODUCER_FENCED' });
    server.finalizedSlot = 30;
    await until('the second goes on', async () => (await metric(second, 'ao_listener_watermark_slot')) === 30);
    const { events } = await stored(namespace);
    expect(events).toHaveLength(2);
  });

  it('writes a transaction that cannot be decoded to the dead letters and goes on', async () => {
    const namespace = `${uniqueName('listener')}-`;
    const server = await serve();
    const broken = { ...claimTransaction({ slot: 6 }), answer: { slot: 6, meta: { fee: 1 }, transaction: 7 } };
    server.add([claimTransaction({ slot: 5 }), broken, claimTransaction({ slot: 7 })]);
    server.finalizedSlot = 10;
    await reconciled(await listen(environment(namespace, { ANCHOR_PROVIDER_URL: server.url })));
    const { events, letters } = await stored(namespace);
    expect(events).toHaveLength(2);
    expect(letters).toEqual([{ code: 'TRANSACTION_MALFORMED', value: JSON.stringify(broken.answer) }]);
  });

  it('waits, not ready, while the RPC server is unreachable, and starts when it is there', async () => {
    const namespace = `${uniqueName('listener')}-`;
    let down = true;
    const server = await serve({ webSocket: false, interfere: () => (down ? { status: 503 } : undefined) });
    server.add([claimTransaction({ slot: 5 })]);
    server.finalizedSlot = 10;
    const started = await listen(environment(namespace, { ANCHOR_PROVIDER_URL: server.url }));
    await until('it tried', () => server.calls('getGenesisHash') >= 2);
    expect(started.ready()).toMatchObject({ rpc: false, reconciled: false });
    down = false;
    await reconciled(started);
  });

  it('is not ready on another chain than the one it has read, says so, and goes on when it is back', async () => {
    const namespace = `${uniqueName('listener')}-`;
    const server = await serve({ webSocket: false });
    server.add([claimTransaction({ slot: 5 })]);
    server.finalizedSlot = 10;
    const started = await listen(environment(namespace, { ANCHOR_PROVIDER_URL: server.url }));
    await reconciled(started);
    const own = server.genesisHash;
    server.genesisHash = 'other-genesis';
    server.finalizedSlot = 500;
    await until('held', () => started.held().length > 0);
    expect(started.held()).toMatchObject([{ code: 'CHAIN_DIFFERS', reason: expect.stringContaining('other-genesis') }]);
    expect((await stored(namespace)).watermarks.at(-1)?.slot).toBe(10);
    server.genesisHash = own;
    await until('goes on', async () => (await metric(started, 'ao_listener_watermark_slot')) === 500);
    await until('released', () => started.held().length === 0);
  });

  it('begins nothing at a pruned server when it is to begin at genesis: not ready, with the slot to begin at', async () => {
    const namespace = `${uniqueName('listener')}-`;
    const server = await serve({ webSocket: false });
    server.add([403, 404, 407].map((slot) => claimTransaction({ slot })));
    server.firstSlot = 404;
    server.finalizedSlot = 500;
    const env = environment(namespace, { ANCHOR_PROVIDER_URL: server.url });
    const started = await listen(env);
    await until('held', () => started.held().some(({ code }) => code === 'HISTORY_TOO_SHORT'));
    expect(started.ready()).toMatchObject({ reconciled: false });
    expect(await stored(namespace)).toMatchObject({ events: [], watermarks: [], cursors: [] });
    await started.stop();
    await reconciled(await listen({ ...env, START_SLOT: '404' }));
    expect((await stored(namespace)).watermarks.at(-1)).toMatchObject({ fromSlot: 404, slot: 500, signatures: 2 });
  });

  it('backfills a slot range under a name of its own, and refuses a range that is not final', async () => {
    const namespace = `${uniqueName('listener')}-`;
    const server = await serve({ webSocket: false });
    const transactions = madeUpTransactions(300, 5);
    server.add(transactions);
    server.finalizedSlot = 200;
    const config = loadConfig(listenerConfig, environment(namespace, { ANCHOR_PROVIDER_URL: server.url }));
    const signal = new AbortController().signal;
    const options = { config, fromSlot: 11, toSlot: 40, log: silentLogger(), signal };
    const result = await backfill(options);
    const inside = transactions.filter(({ slot }) => slot >= 11 && slot <= 40);
    const { events, watermarks } = await stored(namespace);
    expect(new Set(events.map(({ signature }) => signature)).size).toBeLessThanOrEqual(inside.length);
    expect(events.every(({ slot, source }) => slot >= 11 && slot <= 40 && source === 'listener-1-backfill')).toBe(true);
    expect(events).toHaveLength(result.eventsWritten);
    expect(watermarks.at(-1)).toMatchObject({ source: 'listener-1-backfill', fromSlot: 11, slot: 40 });
    await expect(backfill({ ...options, fromSlot: 190, toSlot: 500 })).rejects.toMatchObject({
      code: 'RANGE_NOT_FINAL',
    });
    await expect(backfill({ ...options, fromSlot: 20, toSlot: 10 })).rejects.toMatchObject({ code: 'RANGE_INVALID' });
  });
});
