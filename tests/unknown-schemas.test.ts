/** A registry that says for a while that it does not know a schema, by which records of every topic were written. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pickPort } from '../local/stack/ports.ts';
import { claimEvent, watermark } from '../processors/epoch-roots/testing/records.ts';
import { connectProducer, type RecordProducer } from '../runtime/kafka/producer.ts';
import { type FaultyRegistry, startFaultyRegistry } from '../runtime/kafka/testing/faulty-registry.ts';
import { framed, registerSchema } from '../runtime/kafka/testing/registered-schema.ts';
import { type RecordName, type Records, recordType, schemaText } from '../schemas/records.ts';
import type { TopicKey } from '../schemas/topics.ts';
import { Platform } from './testing/platform.ts';
import { type Readiness, type RoleProcess, readiness } from './testing/role-process.ts';
import { testStack, uniqueName } from './testing/stack.ts';
import { until } from './testing/until.ts';

let registry: FaultyRegistry;
let aggregator: Server;
let platform: Platform;
let producer: RecordProducer;
/** Of schemas that differ from ours in a text alone; the registry denies them until it is told otherwise. */
const denied = new Map<RecordName, number>();
let isDenying = true;

async function registerAgain(name: RecordName): Promise<void> {
  const schema = { ...(JSON.parse(schemaText(name)) as object), doc: uniqueName('doc') };
  denied.set(name, await registerSchema(testStack().registryUrl, schema));
}

async function write<Name extends RecordName>(
  topic: TopicKey,
  name: Name,
  value: Records[Name],
  key: string,
): Promise<void> {
  const bytes = framed(denied.get(name) ?? 0, recordType(name).toBuffer(value));
  await producer.send([{ topic: platform.topics[topic], key, value: bytes, partition: 0 }]);
}

async function writeKnown<Name extends RecordName>(
  topic: TopicKey,
  name: Name,
  values: readonly Records[Name][],
): Promise<void> {
  const records = values.map((value) => ({
    ...{ topic: platform.topics[topic], key: 'a', partition: 0, value: platform.codec.encode(name, value) },
  }));
  await producer.send(records);
}

const claim = (tx: number) => claimEvent({ tx, slot: tx, channel: 'a', kind: 'finalized' });

/** Where a role answers that holds before it can say so in its log. */
const opsUrls = new Map<RoleProcess, string>();

async function heldBy(role: RoleProcess): Promise<NonNullable<Readiness['held']>> {
  const { ready, held = [] } = await readiness(opsUrls.get(role) ?? (await role.startedField('ops')));
  if (held.length > 0) expect(ready).toBe(false);
  return held;
}

beforeAll(async () => {
  registry = await startFaultyRegistry(testStack().registryUrl);
  aggregator = createServer((_request, response) => response.writeHead(204).end());
  await new Promise<void>((resolve) => aggregator.listen(0, '127.0.0.1', resolve));
  platform = await Platform.create({
    SCHEMA_REGISTRY_URL: registry.url,
    KAFKA_PARTITIONS: '1',
    ANCHOR_PROVIDER_URL: 'http://127.0.0.1:9',
    ANCHOR_WS_URL: 'ws://127.0.0.1:9',
    AGGREGATOR_URL: `http://127.0.0.1:${(aggregator.address() as AddressInfo).port}`,
    MINT_PUBKEY: '',
  });
  for (const name of ['StreamEvent', 'RootFinalized', 'SettlementRecord', 'Cursor'] as const) await registerAgain(name);
  registry.fault = (request) =>
    isDenying && [...denied.values()].some((id) => request.endsWith(`/schemas/ids/${id}`))
      ? { status: 404, body: '{"error_code":40403,"message":"Schema not found"}' }
      : undefined;
  producer = await connectProducer(platform.kafka);
});

afterAll(async () => {
  await producer?.disconnect();
  await platform?.stop();
  aggregator?.close();
  await registry?.stop();
});

describe('records of a schema that the registry denies for a while', () => {
  it('hold every role that reads them, not ready, until it knows the schema; no claim is left out of the root', async () => {
    const settlement: Records['SettlementRecord'] = {
      ...{ channel: 'b', epoch: 0n, root: 'ab'.repeat(32), status: 'HELD', attempt: 0, signature: null, slot: null },
      ...{ lastValidBlockHeight: null, feeLamports: null, computeUnits: null, reason: null, rootPartition: 0 },
      ...{ rootOffset: 0, at: 1, worker: 'w' },
    };
    const cursor: Records['Cursor'] = {
      ...{ listener: 'listener-1', fromSlot: 0, slot: 5, signature: null, blockTime: 1, updatedAt: 2 },
      genesisHash: null,
      resumeOffsets: [{ partition: 0, offset: 0 }],
    };
    const root: Records['RootFinalized'] = {
      ...{ channel: 'b', epoch: 0n, root: 'cd'.repeat(32), count: 1, recipe: 'claim-v0', oddNode: 'duplicate' },
      ...{ startSlot: 0, endSlot: 9, finalizedSlot: 40, finalizedAt: 1, sourcePartition: 0, sourceOffset: 0 },
    };
    await write('settlements', 'SettlementRecord', settlement, 'b');
    const start = (name: string): Promise<RoleProcess> => platform.start(name, { ready: false });
    const readers = await Promise.all(['process', 'sink', 'webhook'].map(start));
    // It reads at its start which chain the listeners are on.
    await until('the sink has started', () => readers[1]?.log().some(({ msg }) => msg === 'started'));
    await write('cursors', 'Cursor', cursor, 'listener-1');
    const started = [...readers, await start('listen')];
    const settleOps = `http://127.0.0.1:${await pickPort({ name: 'settle' })}`;
    const settle = await platform.start('settle', {
      ready: false,
      env: { MINT_PUBKEY: 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic', METRICS_ENDPOINT: `${settleOps}/metrics` },
    });
    opsUrls.set(settle, settleOps);
    // A root that stands before the processor takes over is held against what the records give.
    await until('the processor reads', () => started[0]?.log().some(({ msg }) => msg === 'partition taken over'));
    await writeKnown('streamEvents', 'StreamEvent', [claim(1), claim(2)]);
    await write('streamEvents', 'StreamEvent', claim(3), 'a');
    await write('streamEvents', 'StreamEvent', claim(4), 'a');
    await writeKnown('streamEvents', 'StreamEvent', [claim(5)]);
    await writeKnown('streamEvents', 'SlotWatermark', [watermark({ from: 0, to: 40, time: 1000 })]);
    await write('roots', 'RootFinalized', root, 'b');

    const events = `${platform.topics.streamEvents}/0`;
    const roots = `${platform.topics.roots}/0`;
    const expected: Record<string, string[]> = {
      process: [events],
      sink: [events, roots, `${platform.topics.settlements}/0`],
      webhook: [events],
      listen: ['the position'],
      settle: ['the chain of this deployment'],
    };
    for (const role of [...started, settle]) {
      const held = await until(`${role.name} holds`, async () => {
        const found = await heldBy(role);
        return found.length >= (expected[role.name]?.length ?? 0) && found;
      });
      expect([role.name, held.map(({ subject }) => subject).sort()]).toEqual([role.name, expected[role.name]?.sort()]);
      for (const { code, reason } of held) {
        expect(code).toBe('SCHEMA_UNKNOWN');
        expect(reason).toMatch(/The registry has no schema \d+.*Bring its storage back/);
      }
    }
    expect(await platform.records(platform.topics.deadLetters)).toEqual([]);

    isDenying = false;
    for (const role of [...started, settle]) {
      await until(`${role.name} goes on`, async () =>
        (await heldBy(role)).every(({ code }) => code !== 'SCHEMA_UNKNOWN'),
      );
    }
    const emitted = await until('the root', async () => {
      const records = await platform.decoded(platform.topics.roots);
      return records.find((record) => record.name === 'RootFinalized' && record.value.channel === 'a');
    });
    expect(emitted.value).toMatchObject({ channel: 'a', epoch: 0n, count: 5 });
    expect(await platform.records(platform.topics.deadLetters)).toEqual([]);
  });
});
