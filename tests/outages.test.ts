import { afterEach, describe, expect, it } from '@jest/globals';
import { type Chain, startChain } from '../local/chain/start-chain.ts';
import { pickPort } from '../local/stack/ports.ts';
import { type Gate, startGate, through } from './testing/gate.ts';
import { query, servedRoots } from './testing/gateway.ts';
import { Platform } from './testing/platform.ts';
import { EXPECTED, RECORDING, rootLines, startRecordedChain } from './testing/recorded-chain.ts';
import { readiness } from './testing/role-process.ts';
import { testStack } from './testing/stack.ts';
import { until } from './testing/until.ts';

let chain: Chain | undefined;
let platform: Platform | undefined;
let gate: Gate | undefined;

afterEach(async () => {
  await platform?.stop();
  await gate?.stop();
  await chain?.stop();
  chain = platform = gate = undefined;
});

const addressOf = (url: string): { host: string; port: number } => {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
};

async function rootsOnTopic(of: Platform): Promise<string[]> {
  const records = await of.decoded(of.topics.roots);
  return rootLines(records.flatMap((record) => (record.name === 'RootFinalized' ? [record.value] : [])));
}

describe('an RPC server that is not there yet', () => {
  it('keeps the listener waiting, not ready, until it comes', async () => {
    const port = await pickPort({ name: 'the chain of this test' });
    platform = await Platform.create({
      ANCHOR_PROVIDER_URL: `http://127.0.0.1:${port}`,
      ANCHOR_WS_URL: `ws://127.0.0.1:${port}`,
    });
    const of = platform;
    const listener = await of.start('listen', { ready: false });
    const opsUrl = await listener.startedField('ops');
    await until('the log names what is missing', () =>
      listener.log().some(({ level, code }) => level === 'warn' && code === 'RPC_UNAVAILABLE'),
    );
    expect(await readiness(opsUrl)).toMatchObject({ ready: false, checks: { rpc: false } });

    chain = await startChain({ recording: RECORDING, port, slotMs: 50, blockTimeMs: 400, finalitySlots: 8 });
    await of.start('process');
    await listener.untilReady();
    await until('every root is on the topic', async () => (await rootsOnTopic(of)).length >= EXPECTED.length);
    expect(await rootsOnTopic(of)).toEqual(rootLines(EXPECTED));
  });
});

describe('a schema registry that is away', () => {
  it('keeps roles waiting at their start, and does not matter to roles that run', async () => {
    chain = await startRecordedChain();
    gate = await startGate(addressOf(testStack().registryUrl));
    await gate.shut();
    platform = await Platform.create({
      ANCHOR_PROVIDER_URL: chain.rpcUrl,
      ANCHOR_WS_URL: chain.wsUrl,
      SCHEMA_REGISTRY_URL: through(testStack().registryUrl, gate),
    });
    const of = platform;
    const roles = await Promise.all(['listen', 'process', 'sink'].map((name) => of.start(name, { ready: false })));
    for (const role of roles) {
      await until(`${role.name} says what it waits for`, () => /"level":"warn".*registry/i.test(role.output()));
    }
    await gate.open();
    await Promise.all(roles.map((role) => role.untilReady()));
    await gate.shut();
    await until('every root is on the topic', async () => (await rootsOnTopic(of)).length >= EXPECTED.length);
    expect(await rootsOnTopic(of)).toEqual(rootLines(EXPECTED));
  });
});

describe('a database that is away', () => {
  it('stops the sink without loss, and the gateway answers what it knows, marked stale', async () => {
    chain = await startRecordedChain();
    gate = await startGate(addressOf(testStack().databaseUrl));
    platform = await Platform.create({
      ANCHOR_PROVIDER_URL: chain.rpcUrl,
      ANCHOR_WS_URL: chain.wsUrl,
      DATABASE_URL: through(testStack().databaseUrl, gate),
    });
    const of = platform;
    const { sink, gateway } = await of.startAll('sink', 'gateway', 'process');
    const gatewayUrl = await gateway.startedField('gateway');
    expect(await servedRoots(gatewayUrl)).toEqual([]);

    await gate.shut();
    const opsUrl = await gateway.startedField('ops');
    await until('the gateway is not ready', async () => !(await readiness(opsUrl)).ready);
    expect(await query(gatewayUrl, '{ health { status database stale } }')).toMatchObject({
      health: { status: 'degraded', database: false, stale: true },
    });
    expect(await servedRoots(gatewayUrl)).toEqual([]);
    await of.start('listen');
    await until('the roots are on the topic', async () => (await rootsOnTopic(of)).length >= EXPECTED.length);

    await gate.open();
    await sink.untilReady();
    const served = await until('every root is served', async () => {
      const roots = await servedRoots(gatewayUrl);
      return roots.length >= EXPECTED.length && roots;
    });
    expect(rootLines(served)).toEqual(rootLines(EXPECTED));
    await until('the gateway is ready', async () => (await readiness(opsUrl)).ready);
  });
});
