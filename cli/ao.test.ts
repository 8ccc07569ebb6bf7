/** The tools of `ao` on real parts: what they print, what they change, what they refuse. */

import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base58Encode, createProofBundle, MerkleTree } from '@attention-oracle/sdk';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DeadLetterOrigin, deadLetter } from '../runtime/kafka/dead-letters.ts';
import { connectProducer } from '../runtime/kafka/producer.ts';
import type { OutgoingRecord } from '../runtime/kafka/records.ts';
import { Platform } from '../tests/testing/platform.ts';
import { runAo } from '../tests/testing/role-process.ts';
import { uniqueName } from '../tests/testing/stack.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await Platform.create({ ANCHOR_PROVIDER_URL: 'http://127.0.0.1:2' });
});

afterAll(async () => {
  await platform.stop();
});

async function write(records: readonly OutgoingRecord[]): Promise<void> {
  const producer = await connectProducer(platform.kafka);
  await producer.send(records).finally(() => producer.disconnect());
}

const jsonLines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

describe('ao dlq retry', () => {
  const letter = (code: string, origin: DeadLetterOrigin, value: Buffer | null): OutgoingRecord =>
    deadLetter(
      platform.topics.deadLetters,
      origin,
      { key: Buffer.from('creator'), value, timestamp: '1700000000000' },
      Object.assign(new Error('cannot be read'), { code }),
      'sink',
    );
  const lost = Buffer.from('the bytes of the record');

  it('refuses an empty record, an origin that is no partition, and a topic of others, says why, and writes the rest', async () => {
    const topic = platform.topics.settlements;
    const headless = letter('LATE_EVENT', { topic, partition: 1, offset: '5' }, lost);
    await write([
      letter('LATE_EVENT', { topic, partition: 1, offset: '3' }, null),
      letter('LATE_EVENT', { topic, partition: Number.NaN, offset: '4' }, lost),
      letter('LATE_EVENT', { topic: 'shop.orders', partition: 0, offset: '4' }, lost),
      { ...headless, headers: { ...headless.headers, 'ao-partition': '' } },
      headless,
    ]);
    const { status, stdout, stderr } = await platform.ao('dlq', 'retry', '--code', 'LATE_EVENT');
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'wrote 1 records again\n' });
    expect(stderr).toContain(`${topic} 1:3 is empty, and would delete what its key stands for`);
    expect(stderr).toContain(`does not say which record of ${topic} it was (partition null, offset "4")`);
    expect(stderr).toContain(`does not say which record of ${topic} it was (partition null, offset "5")`);
    expect(stderr).toContain('names no topic of this deployment ("shop.orders")');
    expect(await platform.records(topic)).toMatchObject([{ partition: 1, value: lost }]);
  });
});

describe('ao topics', () => {
  it('names every topic with its partitions', async () => {
    const { status, stdout } = await platform.ao('topics', '--json');
    expect(status).toBe(0);
    const rows = JSON.parse(stdout) as { topic: string; partitions: number }[];
    expect(rows.map(({ topic }) => topic).sort()).toEqual(Object.values(platform.topics).sort());
    expect(rows.find(({ topic }) => topic === platform.topics.roots)?.partitions).toBe(3);
  });
});

describe('ao replay and ao lag', () => {
  const replay = (...args: string[]): ReturnType<Platform['ao']> =>
    platform.ao('replay', '--group', 'ao-postgres-sink', '--topic', 'ao.dead-letters.v1', ...args);

  it('move nothing in a dry run, and then what they said', async () => {
    const group = `${platform.env['KAFKA_NAMESPACE'] ?? ''}ao-postgres-sink`;
    const end = (await platform.records(platform.topics.deadLetters)).filter(({ partition }) => partition === 0).length;
    const planned = await replay('--to-offset', '1', '--partition', '0', '--dry-run', '--json');
    expect(JSON.parse(planned.stdout)).toMatchObject([{ partition: 0, from: '-', to: String(Math.min(1, end)) }]);
    expect(jsonLines((await platform.ao('lag', '--json', '--group', group)).stdout)).toEqual([[]]);

    expect(await replay('--to-beginning', '--yes')).toMatchObject({ status: 0 });
    const [rows] = jsonLines((await platform.ao('lag', '--json', '--group', group)).stdout) as [{ lag: string }[]];
    const letters = (await platform.records(platform.topics.deadLetters)).length;
    expect(rows.reduce((sum, { lag }) => sum + Number(lag), 0)).toBe(letters);
  });

  it.each([
    [['--to-offset', '-1'], /--to-offset <whole number>/],
    [['--to-time', 'yesterday'], /instant in ISO 8601.*yesterday/],
    [['--to-beginning', '--partition', '77'], /has no partition 77/],
    [[], /Say where to/],
  ])('refuse %j with what to say instead', async (args, sentence) => {
    const { status, stderr } = await replay(...args, '--yes');
    expect(status).toBe(1);
    expect(stderr).toMatch(sentence);
  });

  it('ask a person before they move anything', async () => {
    const { status, stderr } = await replay('--to-beginning');
    expect(status).toBe(1);
    expect(stderr).toMatch(/Not a terminal: pass --yes/);
  });
});

describe('ao tail', () => {
  it('prints what does not decode with its bytes, and stops at its limit', async () => {
    const unreadable = { topic: platform.topics.roots, partition: 2, key: 'creator', value: Buffer.from('no Avro') };
    await write([unreadable, unreadable]);
    const { status, stdout } = await platform.ao('tail', 'ao.roots.v1', '--from-beginning', '--limit', '1');
    expect(status).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([{ partition: 2, key: 'creator', error: 'RECORD_MALFORMED' }]);
  });

  it.each([
    [['ao.orders.v1'], /There is no topic ao\.orders\.v1: take one of .*ao\.roots\.v1/],
    [['ao.roots.v1', '--limit', 'many'], /--limit takes a whole number above 0, not many/],
  ])('refuses %j', async (args, sentence) => {
    const { status, stderr } = await platform.ao('tail', ...args);
    expect(status).toBe(1);
    expect(stderr).toMatch(sentence);
  });
});

describe('ao verify', () => {
  it('ends with status 0 for a bundle that holds and with 1 for one whose leaf was changed', async () => {
    const claims = ['one', 'two', 'three'].map((id, index) => ({
      claimer: new Uint8Array(32).fill(index),
      amount: 5n,
      id,
    }));
    const place = { channel: 'lofi', epoch: 3n, recipe: 'claim-v1' } as const;
    const [, claim] = claims as [unknown, (typeof claims)[number]];
    const bundle = createProofBundle({ tree: new MerkleTree(claims, place), index: 1, claim, ...place });
    const file = join(tmpdir(), `${uniqueName('bundle')}.json`);
    writeFileSync(file, JSON.stringify(bundle));
    expect(await platform.ao('verify', file)).toMatchObject({ status: 0, stdout: '{"valid":true}\n' });
    writeFileSync(file, readFileSync(file, 'utf8').replace('"index":1', '"index":2'));
    expect(await platform.ao('verify', file)).toMatchObject({ status: 1, stdout: '{"valid":false}\n' });
  });

  it('ends with status 1 and says unknown where the node does not answer, never valid', async () => {
    const claim = { claimer: new Uint8Array(32), amount: 5n, id: 'one' };
    const place = { channel: 'lofi', epoch: 3n, settlementSignature: base58Encode(new Uint8Array(64).fill(1)) };
    const file = join(tmpdir(), `${uniqueName('bundle')}.json`);
    writeFileSync(
      file,
      JSON.stringify(createProofBundle({ tree: new MerkleTree([claim]), index: 0, claim, ...place })),
    );
    const { status, stdout } = await platform.ao('verify', file, '--rpc', 'http://127.0.0.1:1');
    expect([status, JSON.parse(stdout)]).toEqual([1, expect.objectContaining({ valid: false, verdict: 'unknown' })]);
  });
});

describe('ao', () => {
  it('ends with status 2 and the variable when its settings are wrong', async () => {
    const { status, stderr } = await runAo(
      ['lag'],
      { ...platform.env, KAFKA_PARTITIONS: 'many' },
      join(tmpdir(), uniqueName('ao')),
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/KAFKA_PARTITIONS/);
  });
});
