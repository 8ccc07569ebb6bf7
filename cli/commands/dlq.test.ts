/** `ao dlq` on a real topic of dead letters. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deadLetter } from '../../runtime/kafka/dead-letters.ts';
import { connectProducer } from '../../runtime/kafka/producer.ts';
import { Platform, type StoredRecord } from '../../tests/testing/platform.ts';
import { until } from '../../tests/testing/until.ts';

const LETTERS = [
  { partition: 2, key: 'kaicenat', value: Buffer.from([0, 255, 1, 254]), code: 'RECORD_MALFORMED' },
  { partition: 0, key: 'lacy', value: Buffer.from('second'), code: 'RECORD_MALFORMED' },
  { partition: 1, key: 'marlon', value: Buffer.from('late'), code: 'LATE_EVENT' },
];

let platform: Platform;

beforeAll(async () => {
  platform = await Platform.create({ ANCHOR_PROVIDER_URL: 'http://127.0.0.1:1' });
  const producer = await connectProducer(platform.kafka);
  await producer.send(
    LETTERS.map(({ partition, key, value, code }, offset) =>
      deadLetter(
        platform.topics.deadLetters,
        { topic: platform.topics.streamEvents, partition, offset: String(offset) },
        { key: Buffer.from(key), value, timestamp: '1700000000000' },
        Object.assign(new Error('cannot be read'), { code }),
        'sink',
      ),
    ),
  );
  await producer.disconnect();
});

afterAll(async () => {
  await platform?.stop();
});

const again = (): Promise<StoredRecord[]> => platform.records(platform.topics.streamEvents);

async function dlq(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await platform.ao('dlq', ...args);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

describe('ao dlq', () => {
  it('lists each letter with its code, origin and raw bytes', async () => {
    const lines = (await dlq('list', '--json')).trim().split('\n');
    const letters = lines.map((line) => JSON.parse(line) as { code: string; key: string; value: string });
    const wanted = LETTERS.map(({ key, value, code }) => ({ code, key, value: value.toString('base64') }));
    expect(letters).toHaveLength(LETTERS.length);
    for (const letter of wanted) expect(letters).toContainEqual(expect.objectContaining(letter));
    expect(await dlq('list', '--code', 'LATE_EVENT')).toMatch(/marlon|cannot be read/);
  });

  it('writes nothing with --dry-run', async () => {
    expect(await dlq('retry', '--code', 'RECORD_MALFORMED', '--dry-run')).toMatch(/would write 2 records/);
    expect(await again()).toEqual([]);
  });

  it('writes the letters of a code again: the same bytes and key, into the partition that they came from', async () => {
    expect(await dlq('retry', '--code', 'RECORD_MALFORMED')).toMatch(/wrote 2 records/);
    expect((await again()).map(({ partition, key, value }) => ({ partition, key, value }))).toEqual([
      { partition: 0, key: 'lacy', value: Buffer.from('second') },
      { partition: 2, key: 'kaicenat', value: Buffer.from([0, 255, 1, 254]) },
    ]);
  });

  it('ack ends the alarm of what is there, and of nothing that comes later', async () => {
    const exporter = await platform.start('lag-exporter');
    const ops = await exporter.startedField('ops');
    const unseen = async (): Promise<Record<string, number>> => {
      const text = await (await fetch(`${ops}/metrics`)).text();
      const rows = [...text.matchAll(/^ao_dead_letters_unseen\{.*code="(\w+)".*\} (.*)$/gm)];
      return Object.fromEntries(rows.map(([, code = '', count]) => [code, Number(count)]));
    };
    await until('the letters are read', async () => (await unseen())['NOT_READ'] === undefined);
    expect(await unseen()).toEqual({ LATE_EVENT: 1, RECORD_MALFORMED: 2 });
    expect(await dlq('ack')).toMatch(/marked 3 dead letters as seen/);
    expect(await unseen()).toEqual({ LATE_EVENT: 0 });
    const producer = await connectProducer(platform.kafka);
    await producer.send([{ topic: platform.topics.deadLetters, key: 'x', value: Buffer.from('new') }]);
    await producer.disconnect();
    await until('the new one is read', async () => (await unseen())['NOT_READ'] === undefined);
    expect(await unseen()).toEqual({ LATE_EVENT: 0, UNKNOWN: 1 });
    expect(await platform.records(platform.topics.deadLetters)).toHaveLength(4);
  });
});
