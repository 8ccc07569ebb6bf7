/** Data that a former release left, and today's roles on it: they take it over as it is, and go on where it ended. README.md: how it was made. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startKafka } from '../../local/stack/kafka.ts';
import type { StartedPart } from '../../local/stack/part.ts';
import { startRegistry } from '../../local/stack/registry.ts';
import { claimEvent, watermark } from '../../processors/epoch-roots/testing/records.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { connectProducer } from '../../runtime/kafka/producer.ts';
import { leaf, rootOfProof } from '../recorded/expected-roots.ts';
import { servedProofs, servedRoots } from '../testing/gateway.ts';
import { Platform } from '../testing/platform.ts';
import { testStack, uniqueName } from '../testing/stack.ts';
import { until } from '../testing/until.ts';

/** Of the fixtures: claims of epoch 0, which ended, and of epoch 1, which was open. */
const [CHANNELS, ENDED, OPEN] = [4, 12, 4];

let dir: string;
const parts: StartedPart[] = [];
let platform: Platform | undefined;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ao-upgrade-'));
});

afterEach(async () => {
  await platform?.stop();
  platform = undefined;
  await Promise.all(parts.splice(0).map((part) => part.stop()));
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The parts with what the release left in them. */
async function restore(fixture: string): Promise<Platform> {
  const place = mkdtempSync(join(dir, 'data-'));
  execFileSync('tar', [
    '--extract',
    '--gzip',
    '--file',
    join(fixture, 'kafka-and-registry.tar.gz'),
    '--directory',
    place,
  ]);
  const [kafka, registry] = await Promise.all([
    startKafka({ dir: join(place, 'kafka'), ports: {}, durable: false }),
    startRegistry({ dir: join(place, 'registry'), ports: {}, durable: false }),
  ]);
  parts.push(kafka, registry);
  const schema = uniqueName('upgraded');
  const client = new pg.Client({ connectionString: testStack().databaseUrl });
  await client.connect();
  const tables = gunzipSync(readFileSync(join(fixture, 'tables.sql.gz'))).toString();
  await client.query(`create schema ${schema}; set search_path to ${schema}; set session_replication_role to replica`);
  await client.query(tables);
  await client.end();
  return Platform.create({
    ...{ ANCHOR_PROVIDER_URL: 'http://127.0.0.1:1', KAFKA_NAMESPACE: 'release.', DATABASE_SCHEMA: schema },
    ...{ KAFKA_BROKERS: kafka.address, SCHEMA_REGISTRY_URL: registry.address },
  });
}

describe.each([
  ['before the processor kept snapshots', 'before-snapshots'],
  ['with snapshots of the processor', 'with-snapshots'],
])('the data of a release %s', (_when, fixture) => {
  it('is taken over by the roles of today: old roots stay, the open epoch is finished with old claims and new ones', async () => {
    const upgraded = await restore(join(import.meta.dirname, fixture));
    platform = upgraded;
    const { topics } = upgraded;
    const before = (await upgraded.records(topics.roots)).map(({ value }) => value.toString('hex'));
    expect(before).toHaveLength(CHANNELS);
    expect(await upgraded.rows('select * from claims')).toHaveLength(ENDED + OPEN);

    const { gateway } = await upgraded.startAll('process', 'sink', 'gateway');
    const codec = await RecordCodec.connect({
      SCHEMA_REGISTRY_URL: upgraded.env['SCHEMA_REGISTRY_URL'] ?? '',
      KAFKA_NAMESPACE: 'release.',
    });
    const [cursor] = await upgraded.records(topics.cursors);
    await codec.prepare([cursor?.value ?? null]);
    expect(codec.decode(cursor?.value ?? null)).toMatchObject({
      value: { listener: 'north', slot: 16, genesisHash: null },
    });

    const producer = await connectProducer(upgraded.kafka);
    const later = Array.from({ length: CHANNELS }, (_, n) =>
      claimEvent({ tx: 101 + n, slot: 17 + (n % 2), channel: `channel-${n}`, kind: 'finalized' }),
    );
    const proven = codec.encode('SlotWatermark', watermark({ from: 17, to: 29, time: 40 }));
    await producer.send([
      ...later.map((event) => ({
        topic: topics.streamEvents,
        key: event.channel,
        value: codec.encode('StreamEvent', event),
      })),
      ...[0, 1, 2].map((partition) => ({ topic: topics.streamEvents, key: null, value: proven, partition })),
    ]);
    await producer.disconnect();

    const url = await gateway.startedField('gateway');
    const served = await until('the roots of both epochs are served', async () => {
      const roots = await servedRoots(url);
      return roots.length >= 2 * CHANNELS && roots;
    });
    expect(served.map(({ epoch, count }) => `${epoch} ${count}`).sort()).toEqual([
      ...Array.from({ length: CHANNELS }, () => `0 ${ENDED / CHANNELS}`),
      ...Array.from({ length: CHANNELS }, () => `1 ${(OPEN + later.length) / CHANNELS}`),
    ]);
    // Settled as the release's ledger says.
    const settled = served.filter(({ settlement }) => settlement.settled).map(({ epoch }) => epoch);
    expect(settled).toEqual(Array.from({ length: CHANNELS }, () => '0'));
    const after = (await upgraded.records(topics.roots)).map(({ value }) => value.toString('hex'));
    expect(after).toHaveLength(2 * CHANNELS);
    expect(before.filter((root) => !after.includes(root))).toEqual([]);

    // Every leaf, those of the release's trees too, leads to its root.
    for (const { channel, epoch, root, count } of served) {
      const rows = await upgraded.rows<{ user: string }>(
        'select distinct user_pubkey as user from claims where channel = $1 and epoch = $2',
        [channel, epoch],
      );
      const proofs = await until(`the tree of ${channel} ${epoch} is there`, async () => {
        const found = await Promise.all(rows.map(({ user }) => servedProofs(url, user, channel, Number(epoch))));
        return found.flat().length >= count && found.flat();
      });
      for (const { index, user, amount, id, proof } of proofs)
        expect(
          rootOfProof(
            leaf({ claimer: user, amount: BigInt(amount), id }, index),
            proof.map((sibling) => Buffer.from(sibling, 'hex')),
          ),
        ).toBe(root);
    }
    expect(await upgraded.records(topics.deadLetters)).toEqual([]);
  });
});
