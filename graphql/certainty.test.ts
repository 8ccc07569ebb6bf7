/** Every answer says how sure it is, and a client can wait for a slot. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { kafkaConfig, loadConfig } from '../runtime/config.ts';
import { createKafka } from '../runtime/kafka/client.ts';
import { commitForGroup } from '../runtime/kafka/commit-for-group.ts';
import { silentLogger } from '../runtime/logging.ts';
import { retry } from '../runtime/retry.ts';
import { until } from '../tests/testing/until.ts';
import type { ToldCertainty } from './io/certainty.ts';
import { storeClaim } from './testing/live-items.ts';
import { type Answer, dataOf, GatewayRig, type RunningGateway } from './testing/rig.ts';
import { seedRoot } from './testing/seed.ts';

const USER = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
const PARTITIONS = 3;
const ROOT = 'root(channel: "kaicenat", epoch: 20';

let rig: GatewayRig;
let gateway: RunningGateway;

beforeAll(async () => {
  rig = await GatewayRig.create();
  await seedRoot(rig.pool, { channel: 'kaicenat', epoch: 20, count: 3, settled: true });
  gateway = await rig.start();
});

beforeEach(async () => {
  await rig.pool.query('delete from coverage');
  await untilProven(null);
});

afterAll(async () => {
  await rig.stop();
});

const sureness = ({ body }: Answer): ToldCertainty => (body['extensions'] as { ao: ToldCertainty }).ao;
const ask = (): Promise<Answer> => gateway.ask(`{ ${ROOT}) { count } }`);

async function untilProven(slot: string | null): Promise<void> {
  await until(`proven up to ${slot}`, async () => sureness(await ask()).provenSlot === slot);
}

/** A listener proves slots in some partitions, all by default. */
async function prove(fromSlot: number, toSlot: number, partitions = [0, 1, 2], source = 'listener'): Promise<void> {
  for (const partition of partitions)
    await rig.pool.query(
      `insert into coverage (stream_partition, source, method, endpoint, from_slot, to_slot, block_time, watermarks, signatures, last_offset)
       values ($1, $4, 'signature-walk', 'rpc.example', $2, $3, '2026-01-01 00:00:00', 2, 5, 1)`,
      [partition, fromSlot, toSlot, source],
    );
}

describe('an answer', () => {
  it('says up to which slot it is proven: over HTTP, WebSocket and REST, also one with errors', async () => {
    await prove(100, 180, [0, 1]);
    await prove(100, 150, [2]);
    await untilProven('150');
    const told = { provenSlot: '150', lagMs: expect.any(Number), stale: false, staleForMs: 0 };
    expect(sureness(await ask())).toEqual(told);
    expect(sureness(await gateway.ask('{ nothing }'))).toEqual(told);
    const socket = await gateway.connect();
    expect((await socket.ask('1', `{ ${ROOT}) { count } }`)).payload).toMatchObject({ extensions: { ao: told } });
    socket.subscribe('live', 'subscription { claimIngested(after: "beginning") { eventId } }');
    const claim = { channel: 'kaicenat', user: USER, eventId: 'live/0', partition: 1 };
    await storeClaim(rig.pool, rig.topics.streamEvents, claim);
    await socket.until(() => socket.of('live').length > 0);
    expect(socket.of('live')[0]?.payload).toMatchObject({ extensions: { ao: told } });
    socket.close();
    const rest = await gateway.get('/api/v1/epochs/20/channels/kaicenat');
    expect(rest.headers.get('x-ao-proven-slot')).toBe('150');
    expect(Number(rest.headers.get('x-ao-lag-ms'))).toBeGreaterThan(0);
    expect(rest.headers.get('x-ao-stale')).toBeNull();
  });

  it('by the tag of an immutable proof says so too: the first 200, the 304, and the one from memory while the database is away', async () => {
    await prove(100, 150);
    await untilProven('150');
    const path = `${gateway.url}/api/v1/proofs/kaicenat/20/1`;
    const told = ({ status, headers }: Response) => [
      status,
      headers.get('x-ao-proven-slot'),
      headers.get('x-ao-stale'),
    ];
    const first = await fetch(path);
    const tag = { headers: { 'if-none-match': first.headers.get('etag') ?? '' } };
    expect(told(first)).toEqual([200, '150', null]);
    const again = await fetch(path, tag);
    expect(told(again)).toEqual([304, '150', null]);
    expect(Number(again.headers.get('x-ao-lag-ms'))).toBeGreaterThan(0);
    rig.database.cut();
    expect(told(await fetch(path, tag))).toEqual([304, '150', null]);
    rig.database.mend();
  });

  it('that is remembered is as sure as it was when it was read, however far the platform has come since', async () => {
    await prove(100, 150);
    await untilProven('150');
    await prove(151, 500);
    // Something else is asked, which says how far it is by now.
    await until('further', async () => sureness(await gateway.ask('{ health { status } }')).provenSlot === '500');
    rig.database.cut();
    await until('health knows', async () => (await gateway.get('/health')).body['database'] === false);
    await until('stale', async () => sureness(await ask()).stale);
    const stale = sureness(await ask());
    expect(stale).toMatchObject({ provenSlot: '150', stale: true });
    expect(stale.staleForMs).toBeGreaterThan(0);
    const behind = await gateway.ask(`{ ${ROOT}, minSlot: 400) { count } }`);
    expect(behind.body).toMatchObject({
      data: { root: null },
      errors: [{ extensions: { code: 'MIN_SLOT_NOT_REACHED', minSlot: '400', provenSlot: '150' } }],
    });
    rig.database.mend();
    await untilProven('500');
  });
});

describe('minSlot', () => {
  it('is waited for: the answer has what is stored by then', async () => {
    const answer = gateway.ask('{ root(channel: "later", epoch: 20, minSlot: 150) { count } }');
    await seedRoot(rig.pool, { channel: 'later', epoch: 20, count: 2, settled: false });
    await prove(100, 150);
    expect(dataOf(await answer)).toEqual({ root: { count: 2 } });
    expect(sureness(await answer).provenSlot).toBe('150');
  });

  it('that is not reached in time is a typed error, which says how far it is', async () => {
    await prove(100, 149);
    await untilProven('149');
    const { body } = await gateway.ask(`{ ${ROOT}, minSlot: 150) { count } }`);
    expect(body.errors).toMatchObject([
      { path: ['root'], extensions: { code: 'MIN_SLOT_NOT_REACHED', minSlot: '150', provenSlot: '149' } },
    ]);
  });

  it('in a gap, or before the first proven slot, is not answered although later slots are proven; and is once it is closed', async () => {
    await prove(100, 119);
    await prove(140, 200);
    await prove(120, 139, [0, 1]);
    await untilProven('200');
    const asked = await gateway.ask(
      `{ gap: ${ROOT}, minSlot: 130) { count } before: ${ROOT}, minSlot: 99) { count } }`,
    );
    expect(asked.body).toMatchObject({ data: { gap: null, before: null } });
    expect(asked.body.errors?.map(({ message }) => message).sort()).toEqual([
      expect.stringMatching(/Slot 130 .* in a gap/),
      expect.stringMatching(/Slot 99 .* begins with slot 100/),
    ]);
    for (const slot of [119, 140])
      expect(dataOf(await gateway.ask(`{ ${ROOT}, minSlot: ${slot}) { count } }`))).toEqual({ root: { count: 3 } });
    const answer = gateway.ask(`{ ${ROOT}, minSlot: 130) { count } }`);
    await prove(115, 145, [2], 'other');
    expect(dataOf(await answer)).toEqual({ root: { count: 3 } });
  });

  it('of an answer that is remembered from before a gap was closed is not reached by it', async () => {
    await prove(100, 119);
    await prove(140, 200);
    await untilProven('200');
    await ask();
    await prove(120, 139);
    await until(
      'the gap is closed',
      async () =>
        (await gateway.ask(`{ root(channel: "nobody", epoch: 1, minSlot: 130) { count } }`)).body.errors === undefined,
    );
    rig.database.cut();
    await until('health knows', async () => (await gateway.get('/health')).body['database'] === false);
    await until('stale', async () => sureness(await ask()).stale);
    expect((await gateway.ask(`{ ${ROOT}, minSlot: 130) { count } }`)).body).toMatchObject({
      data: { root: null },
      errors: [{ extensions: { code: 'MIN_SLOT_NOT_REACHED' } }],
    });
    rig.database.mend();
    await until('fresh again', async () => !sureness(await ask()).stale);
  });
});

it('gaps are the slots between proven ones that nobody has proven, until somebody does', async () => {
  const gaps = async (): Promise<unknown> =>
    dataOf(await gateway.ask('{ gaps { fromSlot toSlot partitions } }'))['gaps'];
  await prove(100, 119);
  await prove(140, 200);
  await prove(120, 129, [0], 'other');
  expect(await gaps()).toEqual([{ fromSlot: '120', toSlot: '139', partitions: [0, 1, 2] }]);
  await prove(130, 139, [0], 'other');
  expect(await gaps()).toEqual([{ fromSlot: '120', toSlot: '139', partitions: [1, 2] }]);
  await prove(115, 145, [1, 2], 'other');
  expect(await gaps()).toEqual([]);
});

interface ToldGap {
  readonly fromSlot: string;
  readonly toSlot: string;
  readonly why: string;
}

const GAP_FIELDS = 'fromSlot toSlot partitions reason why opened { source at } closed { source method endpoint at }';

/** What the sink keeps of a gap in a partition. */
async function keepGap(partition: number, fromSlot: number, toSlot: number, closedAt: string | null): Promise<void> {
  await rig.pool.query(
    `insert into coverage_gaps (stream_partition, from_slot, to_slot, reason, opened_source, opened_method, opened_endpoint, opened_at,
       opened_offset, closed_source, closed_method, closed_endpoint, closed_at, closed_offset)
     values ($1, $2, $3, 'went_on', 'listener', 'signature-walk', 'rpc.example', '2026-01-01 00:00:00', 1,
       'other', 'block-walk', 'rpc.other', $4::timestamp, case when $4::timestamp is not null then 2 end)`,
    [partition, fromSlot, toSlot, closedAt],
  );
}

it('gaps say why they are there and since when; closed ones by which proof, the newest first', async () => {
  await prove(100, 119);
  await prove(140, 200);
  for (const partition of [0, 1, 2]) await keepGap(partition, 120, 139, null);
  for (const partition of [0, 1, 2]) await keepGap(partition, 50, 59, '2026-01-02 00:00:00');
  for (const partition of [1, 2]) await keepGap(partition, 70, 70, '2026-01-03 00:00:00');
  const { gaps, closedGaps } = dataOf(await gateway.ask(`{ gaps { ${GAP_FIELDS} } closedGaps { ${GAP_FIELDS} } }`));
  const opened = { source: 'listener', at: '2026-01-01T00:00:00.000Z' };
  expect(gaps).toEqual([
    {
      fromSlot: '120',
      toSlot: '139',
      partitions: [0, 1, 2],
      reason: 'LISTENER_WENT_ON',
      why: expect.stringMatching(/Listener listener \(signature-walk at rpc.example\) .* slots 120 to 139/),
      opened,
      closed: null,
    },
  ]);
  const closed = { source: 'other', method: 'block-walk', endpoint: 'rpc.other' };
  expect(closedGaps).toMatchObject([
    { fromSlot: '70', partitions: [1, 2], opened, closed: { ...closed, at: '2026-01-03T00:00:00.000Z' } },
    { fromSlot: '50', partitions: [0, 1, 2], opened, closed: { ...closed, at: '2026-01-02T00:00:00.000Z' } },
  ]);
  expect(dataOf(await gateway.ask('{ closedGaps(first: 1) { fromSlot } }'))['closedGaps']).toEqual([
    { fromSlot: '70' },
  ]);
  await rig.pool.query('delete from coverage_gaps');
  expect(dataOf(await gateway.ask(`{ gaps { reason why opened { at } } }`))['gaps']).toEqual([
    { reason: 'NOT_KEPT', why: expect.stringMatching(/not kept/), opened: null },
  ]);
});

it('gapsChanged tells the gaps at once, then each time that they are others, and nothing while they are the same', async () => {
  await prove(100, 119);
  await prove(140, 200);
  await untilProven('200');
  const socket = await gateway.connect();
  socket.subscribe('1', 'subscription { gapsChanged { fromSlot toSlot } }');
  const told = (): ToldGap[][] =>
    socket.of('1').map(({ payload }) => (payload as { data: { gapsChanged: ToldGap[] } }).data.gapsChanged);
  await socket.until(() => told().length === 1);
  // What is proven goes on; the gap is the same.
  await prove(201, 300);
  await untilProven('300');
  await prove(120, 129);
  await socket.until(() => told().length === 2);
  await prove(130, 139);
  await socket.until(() => told().length === 3);
  expect(told()).toEqual([[{ fromSlot: '120', toSlot: '139' }], [{ fromSlot: '130', toSlot: '139' }], []]);
  socket.send({ id: '1', type: 'complete' });
  expect(await socket.ask('2', '{ health { status } }')).toMatchObject({ type: 'next' });
  socket.close();
});

it('explain leads from a leaf to its transaction, who vouches for it, and what proves its slot in its partition', async () => {
  await seedRoot(rig.pool, { channel: 'explained', epoch: 30, count: 2, settled: true });
  await rig.pool.query('insert into epochs (epoch, start_slot, end_slot) values (30, 300, 309) on conflict do nothing');
  await rig.pool.query(
    "update claims set slot = 305, vouchers = '{listener,other}', stream_partition = 2 where channel = 'explained' and leaf_index = 1",
  );
  await prove(200, 304, [0, 1, 2]);
  await prove(305, 320, [0, 1]);
  await prove(290, 307, [2], 'other');
  const query = (index: number): string =>
    `{ explain(channel: "Explained", epoch: 30, index: ${index}) { signature slot instruction vouchers
        claim { index user } root { root } provenBy { source fromSlot toSlot } } }`;
  expect(dataOf(await gateway.ask(query(1)))['explain']).toMatchObject({
    signature: 'signature',
    slot: '305',
    instruction: '0',
    vouchers: ['listener', 'other'],
    claim: { index: 1 },
    provenBy: [{ source: 'other', fromSlot: '300', toSlot: '307' }],
  });
  expect(dataOf(await gateway.ask(query(2)))['explain']).toBeNull();
});

it('pipeline tells how far it is, which endpoints have proven what, and what is stored', async () => {
  await prove(100, 150);
  await prove(160, 199, [0]);
  const { pipeline } = dataOf(
    await gateway.ask<{ pipeline: { stored: unknown[] } }>(
      '{ pipeline { provenSlot provenAt endpoints { source method endpoint toSlot lastWatermarkAt watermarks signatures } stored { topic partition nextOffset at } } }',
    ),
  );
  expect(pipeline).toMatchObject({
    provenSlot: '150',
    provenAt: '2026-01-01T00:00:00.000Z',
    endpoints: [
      {
        source: 'listener',
        method: 'signature-walk',
        endpoint: 'rpc.example',
        toSlot: '199',
        lastWatermarkAt: '2026-01-01T00:00:00.000Z',
        watermarks: String(2 * (PARTITIONS + 1)),
        signatures: String(5 * (PARTITIONS + 1)),
      },
    ],
  });
  const { rows } = await rig.pool.query('select 1 from sink_offsets');
  expect(pipeline.stored).toHaveLength(rows.length);
});

it('pipeline tells how many records each group has still to read, and a sentence instead of a number where nobody knows', async () => {
  const kafka = createKafka(loadConfig(z.object(kafkaConfig), rig.env), 'test', silentLogger());
  const topic = rig.topics.roots;
  for (const partition of [0, 0, 0, 1]) await rig.send({ topic, partition, key: 'x', value: Buffer.from('x') });
  const committed = [0, 1, 2].map((partition) => ({ partition, offset: partition === 0 ? 1n : 0n, metadata: '' }));
  // A broker that has begun a moment ago may still load what groups committed.
  const commit = (group: string, places: typeof committed): Promise<void> =>
    retry(() => commitForGroup(kafka, `${rig.env['KAFKA_NAMESPACE'] ?? ''}${group}`, topic, places), {
      signal: AbortSignal.timeout(300_000),
      onFailure: () => undefined,
    });
  await commit('ao-postgres-sink', committed);
  await commit('ao-settlement', committed.slice(1));
  const fields =
    'chainSlot chainSlotUnknown slotsBehind lagMs roles { group topic recordsBehind unknown } rolesUnknown';
  const lags = await until('both groups are told', async () => {
    const { pipeline } = dataOf(
      await gateway.ask<{ pipeline: { roles: unknown[] | null } }>(`{ pipeline { ${fields} } }`),
    );
    return pipeline.roles?.length === 2 && pipeline;
  });
  expect(lags).toEqual({
    chainSlot: null,
    chainSlotUnknown: expect.stringMatching(/ANCHOR_PROVIDER_URL/),
    slotsBehind: null,
    lagMs: null,
    roles: [
      { group: 'ao-postgres-sink', topic, recordsBehind: '3', unknown: null },
      { group: 'ao-settlement', topic, recordsBehind: null, unknown: expect.stringMatching(/partition 0/) },
    ],
    rolesUnknown: null,
  });
});
