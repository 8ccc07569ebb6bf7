/** Subscriptions on a real database: each kind, through outages, other gateways and cursors. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../tests/testing/until.ts';
import { retractClaim, storeClaim, storedUpTo, storeStep } from './testing/live-items.ts';
import { promptly } from './testing/progress.ts';
import { GatewayRig, type RunningGateway, type TestSocket } from './testing/rig.ts';
import { seedRoot } from './testing/seed.ts';

const USER = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
const OTHER_USER = 'So11111111111111111111111111111111111111112';

let rig: GatewayRig;
let gateway: RunningGateway;

beforeAll(async () => {
  rig = await GatewayRig.create({ GATEWAY_FEED_INTERVAL_MS: '20' });
  gateway = await rig.start();
});

afterAll(async () => {
  await rig.stop();
});

interface Kind {
  readonly name: 'rootFinalized' | 'settlementUpdated' | 'claimIngested';
  readonly fields: string;
  /** Adds item number n of a channel. */
  store(channel: string, n: number): Promise<void>;
  /** The number of an item. */
  numberOf(item: Record<string, unknown>): number;
}

const KINDS: readonly Kind[] = [
  {
    name: 'rootFinalized',
    fields: 'channel epoch count settlement { status } cursor',
    async store(channel, n) {
      await seedRoot(rig.pool, { channel, epoch: n, count: 1, settled: false });
      await rig.pool.query('update roots set record_offset = $3 where channel = $1 and epoch = $2', [channel, n, next]);
      next += 1;
      await storedUpTo(rig.pool, rig.topics.roots, 0, next);
    },
    numberOf: ({ epoch }) => Number(epoch),
  },
  {
    name: 'settlementUpdated',
    fields: 'channel epoch status cursor',
    store: (channel, n) =>
      storeStep(rig.pool, rig.topics.settlements, { channel, epoch: n, root: '0'.repeat(64), status: 'PENDING' }),
    numberOf: ({ epoch }) => Number(epoch),
  },
  {
    name: 'claimIngested',
    fields: 'channel eventId cursor',
    store: (channel, n) =>
      storeClaim(rig.pool, rig.topics.streamEvents, { channel, user: USER, eventId: `${channel}${n}/0`, partition: 1 }),
    numberOf: ({ eventId }) => Number(/(\d+)\/0$/.exec(String(eventId))?.[1]),
  },
];

let next = 0;

/** The items of a subscription so far. */
function itemsOf(socket: TestSocket, id: string, kind: Kind): Record<string, unknown>[] {
  return socket
    .of(id)
    .filter(({ type }) => type === 'next')
    .map(({ payload }) => (payload as { data: Record<string, Record<string, unknown>> }).data[kind.name] ?? {});
}

const open = (of: RunningGateway, kind: Kind): Promise<number> =>
  of.metric(
    new RegExp(
      `ao_gateway_subscribers.*${{ rootFinalized: 'roots', settlementUpdated: 'settlements', claimIngested: 'claims' }[kind.name]}`,
    ),
  );

/** Subscribes and waits until the gateway has it. */
async function subscribe(of: RunningGateway, socket: TestSocket, id: string, kind: Kind, args: string): Promise<void> {
  const before = await open(of, kind);
  socket.subscribe(id, `subscription { ${kind.name}(${args}) { ${kind.fields} } }`);
  await promptly(of, 'subscribed', async () => (await open(of, kind)) === before + 1);
}

const cursorsNow = async (): Promise<Record<string, string>> =>
  (
    await gateway.ask<{ cursors: Record<string, string> }>(
      '{ cursors { rootFinalized settlementUpdated claimIngested } }',
    )
  ).body.data?.cursors ?? {};

describe.each(KINDS)('$name', (kind) => {
  it('delivers what comes, of the channels asked for only, each item with a cursor', async () => {
    const socket = await gateway.connect();
    const channel = `live-${kind.name}`.toLowerCase();
    await subscribe(gateway, socket, '1', kind, `channel: "${channel}"`);
    await kind.store('somebody-else', 1);
    for (const n of [1, 2, 3]) await kind.store(channel, n);
    await promptly(gateway, 'told', () => socket.of('1').length >= 3);
    const items = itemsOf(socket, '1', kind);
    expect(items.map((item) => [item['channel'], kind.numberOf(item)])).toEqual([1, 2, 3].map((n) => [channel, n]));
    expect(new Set(items.map(({ cursor }) => cursor)).size).toBe(3);
    socket.close();
  });

  it('an outage of the database loses no item and ends no subscription', async () => {
    const socket = await gateway.connect();
    const channel = `outage-${kind.name}`.toLowerCase();
    await subscribe(gateway, socket, '1', kind, `channel: "${channel}"`);
    await kind.store(channel, 1);
    await promptly(gateway, 'told', () => socket.of('1').length >= 1);
    rig.database.cut();
    for (let n = 2; n <= 33; n += 1) await kind.store(channel, n);
    await until('the gateway knows', async () => (await gateway.get('/health')).body.database === false);
    rig.database.mend();
    await promptly(gateway, 'told', () => socket.of('1').length >= 33);
    expect(itemsOf(socket, '1', kind).map(kind.numberOf)).toEqual(Array.from({ length: 33 }, (_, at) => at + 1));
    socket.close();
  });

  it('goes on after a cursor at another gateway: what was stored meanwhile, then what comes', async () => {
    const channel = `resume-${kind.name}`.toLowerCase();
    const socket = await gateway.connect();
    await subscribe(gateway, socket, '1', kind, `channel: "${channel}"`);
    for (const n of [1, 2, 3]) await kind.store(channel, n);
    await promptly(gateway, 'told', () => socket.of('1').length >= 3);
    const cursor = String(itemsOf(socket, '1', kind)[1]?.['cursor']);
    socket.close();
    for (const n of [4, 5]) await kind.store(channel, n);
    const other = await rig.start();
    const again = await other.connect();
    await subscribe(other, again, '1', kind, `channels: ["${channel}"], after: "${cursor}"`);
    await promptly(other, 'told', () => again.of('1').length >= 3);
    await kind.store(channel, 6);
    await promptly(other, 'told', () => again.of('1').length >= 4);
    expect(itemsOf(again, '1', kind).map(kind.numberOf)).toEqual([3, 4, 5, 6]);
    await other.role.stop();
  });

  it('begins where a client stood before it subscribed, with the cursor of the query', async () => {
    const channel = `asked-${kind.name}`.toLowerCase();
    await kind.store(channel, 1);
    await until('the gateway has seen it', async () => {
      const [before, now] = [await cursorsNow(), await cursorsNow()];
      return before[kind.name] === now[kind.name];
    });
    const socket = await gateway.connect();
    await subscribe(gateway, socket, 'all', kind, `channel: "${channel}", after: "beginning"`);
    await promptly(gateway, 'told', () => socket.of('all').length >= 1);
    const cursor = (await cursorsNow())[kind.name];
    await kind.store(channel, 2);
    await subscribe(gateway, socket, 'since', kind, `channel: "${channel}", after: "${cursor}"`);
    await promptly(gateway, 'told', () => socket.of('since').length >= 1);
    expect(itemsOf(socket, 'since', kind).map(kind.numberOf)).toEqual([2]);
    socket.close();
  });

  it('refuses the cursor of another subscription', async () => {
    const socket = await gateway.connect();
    const cursors = await cursorsNow();
    const foreign = cursors[kind.name === 'rootFinalized' ? 'claimIngested' : 'rootFinalized'];
    const answer = await socket.ask('1', `subscription { ${kind.name}(after: "${foreign}") { cursor } }`);
    expect(answer.payload).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    expect(await open(gateway, kind)).toBe(0);
    socket.close();
  });
});

it('claimIngested tells of a claim once more when the chain has taken it back, also to who was away meanwhile', async () => {
  const topic = rig.topics.streamEvents;
  const socket = await gateway.connect();
  const query = (after: string): string =>
    `subscription { claimIngested(channel: "taken-back", after: "${after}") { eventId retracted cursor } }`;
  const told = (id: string) =>
    itemsOf(socket, id, KINDS[2] as Kind).map(({ eventId, retracted }) => `${String(eventId)} ${String(retracted)}`);
  socket.subscribe('live', query((await cursorsNow())['claimIngested'] ?? ''));
  for (const eventId of ['a/0', 'b/0'])
    await storeClaim(rig.pool, topic, { channel: 'taken-back', user: USER, eventId, partition: 2 });
  await promptly(gateway, 'told', () => socket.of('live').length >= 2);
  const cursor = String(itemsOf(socket, 'live', KINDS[2] as Kind)[1]?.['cursor']);
  await retractClaim(rig.pool, topic, 'a/0', 2);
  await promptly(gateway, 'told', () => socket.of('live').length >= 3);
  socket.subscribe('later', query(cursor));
  socket.subscribe('whole', query('beginning'));
  await promptly(gateway, 'told', () => socket.of('later').length >= 1 && socket.of('whole').length >= 3);
  expect(told('live')).toEqual(['a/0 false', 'b/0 false', 'a/0 true']);
  expect(told('later')).toEqual(['a/0 true']);
  expect(told('whole')).toEqual(told('live'));
  socket.close();
});

it('claimIngested can be of one user, settlementUpdated of some statuses', async () => {
  const socket = await gateway.connect();
  const topic = rig.topics.streamEvents;
  for (const [user, eventId] of [
    [OTHER_USER, 'mine1/0'],
    [USER, 'theirs/0'],
    [OTHER_USER, 'mine2/0'],
  ] as const)
    await storeClaim(rig.pool, topic, { channel: 'of-a-user', user, eventId, partition: 0 });
  socket.subscribe('user', `subscription { claimIngested(user: "${OTHER_USER}", after: "beginning") { eventId } }`);
  await promptly(gateway, 'told', () => socket.of('user').length >= 2);
  expect(itemsOf(socket, 'user', KINDS[2] as Kind).map(({ eventId }) => eventId)).toEqual(['mine1/0', 'mine2/0']);
  for (const status of ['PENDING', 'FAILED', 'FINALIZED'])
    await storeStep(rig.pool, rig.topics.settlements, {
      channel: 'of-a-status',
      epoch: 1,
      root: '1'.repeat(64),
      status,
    });
  socket.subscribe(
    'status',
    'subscription { settlementUpdated(channel: "of-a-status", status: [FAILED, FINALIZED], after: "beginning") { status } }',
  );
  await promptly(gateway, 'told', () => socket.of('status').length >= 2);
  expect(itemsOf(socket, 'status', KINDS[1] as Kind).map(({ status }) => status)).toEqual(['FAILED', 'FINALIZED']);
  socket.close();
});
