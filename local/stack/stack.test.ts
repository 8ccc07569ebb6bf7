import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import { processIdentity } from '../../bootstrap/process-identity.mjs';
import { kafkaConfig, loadConfig } from '../../runtime/config.ts';
import { createKafka, type KafkaClient } from '../../runtime/kafka/client.ts';
import { connectProducer } from '../../runtime/kafka/producer.ts';
import { withBrokerAdmin } from '../../runtime/kafka/testing/broker-admin.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { partNames } from './decide.ts';
import { type Stack, type StackOptions, startStack } from './stack.ts';
import { removeStackData } from './stack-data.ts';

let dir: string;
let started: Stack[];
let owner: ChildProcess | undefined;

beforeEach(() => {
  // A space in the path and a folder that only its owner can enter (mkdtemp makes it 0700).
  dir = mkdtempSync(join(tmpdir(), 'stack test-'));
  started = [];
});

afterEach(async () => {
  owner?.kill('SIGKILL');
  owner = undefined;
  await Promise.all(started.map((stack) => stack.stop()));
  for (const name of readdirSync(dir)) await removeStackData(join(dir, name));
  rmSync(dir, { recursive: true, force: true });
});

async function start(options: Partial<StackOptions> = {}): Promise<Stack> {
  const stack = await startStack({
    dataDir: join(dir, 'data'),
    env: { AO_STACK: 'embedded' },
    preferKnownPorts: false,
    log: () => undefined,
    ...options,
  });
  started.push(stack);
  return stack;
}

function kafkaOf({ kafkaBrokers }: Stack): KafkaClient {
  const settings = loadConfig(z.object(kafkaConfig), { KAFKA_BROKERS: kafkaBrokers.join(',') });
  return createKafka(settings, 'stack-test', silentLogger());
}

async function registerSchema(stack: Stack): Promise<number> {
  const schema = JSON.stringify({ type: 'record', name: 'Kept', fields: [{ name: 'slot', type: 'long' }] });
  const response = await fetch(`${stack.registryUrl}/subjects/kept-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
  });
  return ((await response.json()) as { id: number }).id;
}

async function query(stack: Stack, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Writes one thing into each part; gives the schema's id. */
async function writeEverywhere(stack: Stack): Promise<number> {
  const kafka = kafkaOf(stack);
  await withBrokerAdmin(kafka, (admin) =>
    admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 3 }], waitForLeaders: true }),
  );
  const producer = await connectProducer(kafka);
  await producer.send([{ topic: 'kept', partition: 2, key: null, value: Buffer.from('one') }]);
  await producer.disconnect();
  await query(stack, 'create table kept (slot bigint)');
  await query(stack, 'insert into kept values (7)');
  return registerSchema(stack);
}

async function expectEverythingKept(stack: Stack, schemaId: number): Promise<void> {
  const offsets = await withBrokerAdmin(kafkaOf(stack), (admin) => admin.fetchTopicOffsets('kept'));
  expect(offsets.find(({ partition }) => partition === 2)?.high).toBe('1');
  expect(await query(stack, 'select slot from kept')).toEqual([{ slot: '7' }]);
  const response = await fetch(`${stack.registryUrl}/schemas/ids/${schemaId}`);
  expect(response.status).toBe(200);
  expect(await registerSchema(stack)).toBe(schemaId);
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Resolves when none of the processes is left; the test's own time limit bounds it. */
async function untilGone(pids: readonly number[]): Promise<void> {
  while (pids.some((pid) => processIdentity(pid) !== undefined)) {
    await delay(20);
  }
}

describe('the embedded stack', () => {
  it('keeps topics, schema ids and rows across a restart, and leaves nothing running or listening', async () => {
    const first = await start();
    expect(first.modes).toEqual({ kafka: 'embedded', registry: 'embedded', postgres: 'embedded' });
    const ports = [new URL(`kafka://${first.kafkaBrokers[0]}`), new URL(first.registryUrl), new URL(first.databaseUrl)];
    const schemaId = await writeEverywhere(first);
    await first.stop();
    for (const { port } of ports) expect(await isListening(Number(port))).toBe(false);
    for (const part of partNames) expect(processIdentity(first.pids[part] ?? 0)).toBeUndefined();
    await expectEverythingKept(await start(), schemaId);
  });

  it('has compatibility BACKWARD as its default', async () => {
    const stack = await start();
    const response = await fetch(`${stack.registryUrl}/config`);
    expect(await response.json()).toMatchObject({ compatibilityLevel: 'BACKWARD' });
  });

  it('starts a part that is killed with kill -9 again at its address, says so, and loses nothing acknowledged', async () => {
    const lines: string[] = [];
    const back = Promise.withResolvers<void>();
    const stack = await start({
      log: (line) => {
        lines.push(line);
        if (lines.filter((text) => text.includes('is back')).length === partNames.length) back.resolve();
      },
    });
    const schemaId = await writeEverywhere(stack);
    const before = { ...stack.pids };
    for (const part of partNames) process.kill(before[part] ?? 0, 'SIGKILL');
    await back.promise;
    for (const title of ['Kafka', 'schema registry', 'PostgreSQL'])
      expect(lines.join('\n')).toMatch(new RegExp(`${title} ended with signal SIGKILL; starting it again in`));
    for (const part of partNames) expect(stack.pids[part]).not.toBe(before[part]);
    await expectEverythingKept(stack, schemaId);
  });

  it('stops while a part is being started again', async () => {
    const ended = Promise.withResolvers<void>();
    const stack = await start({ log: (line) => line.includes('ended with') && ended.resolve() });
    process.kill(stack.pids.kafka ?? 0, 'SIGKILL');
    await ended.promise;
    await stack.stop(1000);
    await expect(start()).resolves.toBeDefined();
  });

  it('stops what it has started when it is asked to during the start', async () => {
    const asked = new AbortController();
    const starting = start({ signal: asked.signal });
    asked.abort(new Error('enough'));
    await expect(starting).rejects.toThrow('enough');
    await expect(start()).resolves.toBeDefined();
  });

  it('forgets everything with fresh', async () => {
    const first = await start();
    await writeEverywhere(first);
    await first.stop();
    const second = await start({ fresh: true });
    expect(await withBrokerAdmin(kafkaOf(second), (admin) => admin.listTopics())).not.toContain('kept');
    await expect(query(second, 'select * from kept')).rejects.toThrow(/does not exist/);
  });

  it('refuses a second stack on the same folder, and runs one on another beside it', async () => {
    const first = await start();
    await expect(start()).rejects.toMatchObject({ code: 'STACK_IN_USE' });
    const other = await start({ dataDir: join(dir, 'other') });
    expect(other.kafkaBrokers).not.toEqual(first.kafkaBrokers);
    expect(await query(first, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('stops the other parts and lets go of the folder when a given port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      await expect(start({ ports: { registry: port } })).rejects.toMatchObject({ code: 'STACK_PORT_TAKEN' });
    } finally {
      await new Promise((resolve) => taken.close(resolve));
    }
    const stack = await start({ ports: { registry: port } });
    expect(new URL(stack.registryUrl).port).toBe(String(port));
  });

  it('does not outlive an owner that is killed with kill -9, and starts again on its folder', async () => {
    const fixture = fileURLToPath(new URL('./testing/stack-owner.ts', import.meta.url));
    const child = spawn(process.execPath, ['--conditions=@attention-oracle/source', fixture, join(dir, 'data')], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    owner = child;
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const pids = Object.values(JSON.parse(line) as Record<string, number>);
    expect(pids).toHaveLength(3);
    child.kill('SIGKILL');
    await untilGone(pids);
    const stack = await start();
    expect(await query(stack, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

describe('external parts', () => {
  it('are taken as given and start nothing', async () => {
    const lines: string[] = [];
    const stack = await start({
      brokers: 'a:9092, b:9092',
      registryUrl: 'http://registry:8081',
      databaseUrl: 'postgresql://user:pass@db/name',
      log: (line) => lines.push(line),
    });
    expect(stack.kafkaBrokers).toEqual(['a:9092', 'b:9092']);
    expect(stack.pids).toEqual({});
    expect(lines.join('\n')).not.toContain('pass');
  });
});
