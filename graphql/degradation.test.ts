/**
 * Database, Kafka and chain, each away when the gateway starts and later: what does not come of it is answered, what does is refused or said
 * to be unknown, never empty, and all is well again by itself.
 */

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { keypair, startTestChain, type TestChain } from '../local/chain/testing/test-chain.ts';
import { testStack } from '../tests/testing/stack.ts';
import { until } from '../tests/testing/until.ts';
import { EventReader } from './testing/event-reader.ts';
import { storeStep } from './testing/live-items.ts';
import { promptly } from './testing/progress.ts';
import { type Answer, GatewayRig, type RunningGateway, type TestSocket } from './testing/rig.ts';
import { type SeededRoot, seedRoot } from './testing/seed.ts';
import { startRelay, type TcpRelay } from './testing/tcp-relay.ts';

type Part = 'database' | 'queue' | 'program';

let chain: TestChain;
let rig: GatewayRig;
let root: SeededRoot;
let relays: Record<Part, TcpRelay>;
let gateway: RunningGateway | undefined;
let epochs = 100;

beforeAll(async () => {
  const fan = keypair('fan').publicKey;
  chain = await startTestChain({}, { funded: [fan], treasuryAmount: 5000n });
  const [host = '', port] = testStack().kafkaBrokers[0]?.split(':') ?? [];
  const [broker, rpc] = await Promise.all([startRelay(host, Number(port)), startRelay('127.0.0.1', chain.chain.port)]);
  rig = await GatewayRig.create({
    GATEWAY_QUERY_TIMEOUT_MS: '1500',
    ANCHOR_PROVIDER_URL: `http://127.0.0.1:${rpc.port}`,
    MINT_PUBKEY: chain.genesis.mint,
  });
  relays = { database: rig.database, queue: broker, program: rpc };
  root = await seedRoot(rig.pool, { channel: 'kaicenat', epoch: 20, count: 3, settled: true, amount: 1000n });
});

afterEach(async () => {
  for (const relay of Object.values(relays)) relay.mend();
  await gateway?.role.stop();
  gateway = undefined;
});

afterAll(async () => {
  await rig?.stop();
  await relays?.queue.close();
  await relays?.program.close();
  await chain?.close();
});

async function start(): Promise<RunningGateway> {
  gateway = await rig.start({ KAFKA_BROKERS: `127.0.0.1:${relays.queue.port}` });
  return gateway;
}

async function untilHealth(of: RunningGateway, part: Part, isUp: boolean): Promise<void> {
  await until(`health says ${part}: ${isUp}`, async () => (await of.get('/health')).body[part] === isUp);
}

const ready = async (of: RunningGateway): Promise<number> => (await fetch(`${of.role.opsUrl}/readyz`)).status;

/** Of a root that nobody asked for yet: from the database, or not at all. */
function neverAsked(of: RunningGateway): Promise<Answer> {
  epochs += 1;
  return of.ask(`{ root(channel: "kaicenat", epoch: ${epochs}) { root } }`);
}

const PROOF = '{ proof(channel: "kaicenat", epoch: 20, index: 1) { root claimability { claimable reason } } }';
const OF_CHAIN_AND_KAFKA = '{ pipeline { chainSlot chainSlotUnknown roles { group } rolesUnknown } }';

/** What each part's absence leaves, and what its presence gives. Several places in it wait: what a part says is remembered for a moment. */
const WHILE_AWAY: Record<Part, (of: RunningGateway) => Promise<void>> = {
  async database(of) {
    expect(await ready(of)).toBe(503);
    expect(await neverAsked(of)).toMatchObject({
      status: 503,
      body: { errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] },
    });
    // Not known is not none.
    expect((await of.ask('{ pipeline { stored { topic } } }')).body).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }],
    });
    expect(await of.get(`/api/v1/claims/${keypair('nobody').publicKey.toBase58()}`)).toMatchObject({ status: 503 });
    expect((await of.ask(OF_CHAIN_AND_KAFKA)).body).toMatchObject({
      data: { pipeline: { chainSlot: expect.stringMatching(/^\d+$/), chainSlotUnknown: null, rolesUnknown: null } },
    });
  },
  async queue(of) {
    expect(await ready(of)).toBe(200);
    expect((await neverAsked(of)).body).toMatchObject({ data: { root: null } });
    expect((await of.ask(PROOF)).body).toMatchObject({ data: { proof: { root: root.tree.rootHex() } } });
    await until('said that Kafka is away', async () => {
      const { data } = (await of.ask<{ pipeline: Record<string, unknown> }>(OF_CHAIN_AND_KAFKA)).body;
      return data?.pipeline['roles'] === null && /Kafka/.test(String(data.pipeline['rolesUnknown']));
    });
  },
  async program(of) {
    expect(await ready(of)).toBe(200);
    expect((await neverAsked(of)).body).toMatchObject({ data: { root: null } });
    await until('said that the chain is away', async () => {
      const { data } = (await of.ask<Record<'proof' | 'pipeline', never>>(PROOF)).body;
      return (
        JSON.stringify(data?.proof) ===
        JSON.stringify({ root: root.tree.rootHex(), claimability: { claimable: null, reason: 'CHAIN_UNAVAILABLE' } })
      );
    });
    await until('the slot is not known', async () => {
      const { data } = (await of.ask<{ pipeline: Record<string, unknown> }>(OF_CHAIN_AND_KAFKA)).body;
      return data?.pipeline['chainSlot'] === null && /chain/.test(String(data.pipeline['chainSlotUnknown']));
    });
  },
};

/** All parts answer: nothing is stale, unknown or refused. */
async function untilWell(of: RunningGateway): Promise<void> {
  for (const part of ['database', 'queue', 'program'] as const) await untilHealth(of, part, true);
  await until('ready', async () => (await ready(of)) === 200);
  await until('an answer that was not asked before', async () => (await neverAsked(of)).body.data?.['root'] === null);
  await until('the chain and Kafka tell', async () => {
    const { data } = (await of.ask<{ pipeline: Record<string, unknown> }>(OF_CHAIN_AND_KAFKA)).body;
    return data != null && data.pipeline['chainSlot'] !== null && data.pipeline['roles'] !== null;
  });
  await until('the chain tells of the claim', async () => {
    const { data } = (await of.ask<{ proof: { claimability: { reason: string } } }>(PROOF)).body;
    return data?.proof.claimability.reason === 'ROOT_NOT_PUBLISHED';
  });
}

const SUBSCRIPTION = 'subscription { settlementUpdated(after: "beginning", channel: "kaicenat") { epoch } }';

/** Over both transports. */
class Subscribed {
  readonly #gateway: RunningGateway;
  readonly #socket: TestSocket;
  readonly #stream: EventReader;

  private constructor(of: RunningGateway, socket: TestSocket, stream: EventReader) {
    this.#gateway = of;
    this.#socket = socket;
    this.#stream = stream;
  }

  static async to(of: RunningGateway): Promise<Subscribed> {
    const socket = await of.connect();
    socket.subscribe('1', SUBSCRIPTION);
    return new Subscribed(of, socket, await EventReader.open(of.url, { query: SUBSCRIPTION }));
  }

  async untilTold(epoch: number): Promise<void> {
    const isTold = (messages: readonly unknown[]): boolean => JSON.stringify(messages).includes(`"epoch":"${epoch}"`);
    await promptly(this.#gateway, 'told', () => isTold(this.#socket.of('1')) && isTold(this.#stream.messages));
  }

  leave(): void {
    this.#socket.close();
    this.#stream.close();
  }
}

/** @returns The step's epoch, another each time. */
async function storeNextStep(): Promise<number> {
  epochs += 1;
  const step = { channel: 'kaicenat', epoch: epochs, root: root.tree.rootHex() };
  await storeStep(rig.pool, rig.topics.settlements, step);
  return epochs;
}

describe.each(Object.keys(WHILE_AWAY) as Part[])('%s away', (part) => {
  it('at the start: the gateway starts, and finds it by itself when it comes', async () => {
    relays[part].cut();
    const of = await start();
    await untilHealth(of, part, false);
    await WHILE_AWAY[part](of);
    // Begun while it was away, never ended.
    const subscribed = await Subscribed.to(of);
    const epoch = await storeNextStep();

    relays[part].mend();
    await untilWell(of);
    await subscribed.untilTold(epoch);
    subscribed.leave();
  });

  it('in the middle: what does not come of it goes on, and the rest by itself', async () => {
    const of = await start();
    await untilWell(of);
    const subscribed = await Subscribed.to(of);
    await subscribed.untilTold(await storeNextStep());
    relays[part].cut();
    await untilHealth(of, part, false);
    await WHILE_AWAY[part](of);
    const epoch = await storeNextStep();
    relays[part].mend();
    await untilWell(of);
    await subscribed.untilTold(epoch);
    subscribed.leave();
  });
});

it('all of them away at the start: the gateway lives, says so, and serves once they are there', async () => {
  for (const relay of Object.values(relays)) relay.cut();
  const of = await start();
  expect((await of.get('/health')).body).toMatchObject({
    status: 'down',
    database: false,
    queue: false,
    program: false,
    stale: true,
  });
  expect((await fetch(`${of.role.opsUrl}/livez`)).status).toBe(200);
  expect((await fetch(`${of.url}/graphql/schema.graphql`)).status).toBe(200);
  expect((await of.ask(OF_CHAIN_AND_KAFKA)).body).toMatchObject({
    data: { pipeline: { chainSlot: null, roles: null } },
  });
  for (const relay of Object.values(relays)) relay.mend();
  await untilWell(of);
});
