/** Gaps between proven slots, as they are kept in the database. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { watermarkItem } from './core/stream-items.ts';
import { ensurePositions } from './io/ensure-positions.ts';
import { readPosition } from './io/read-position.ts';
import { writeStreamBatch } from './io/write-stream-batch.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import { SCHEDULE, watermark } from './testing/world.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase('sink_gaps');
});

beforeEach(async () => {
  await database.clear();
  await ensurePositions(database.pool, ['stream'], 2);
});

afterAll(() => database.drop());

type Slots = readonly [source: string, fromSlot: number, toSlot: number];

/** One batch; each watermark is written a second after the one before. */
async function stream(partition: number, ...proven: Slots[]): Promise<void> {
  const { next: expected } = await readPosition(database.pool, 'stream', partition);
  const items = proven.map(([source, fromSlot, toSlot], at) =>
    watermarkItem(watermark(source, fromSlot, toSlot), expected + at, (expected + at) * 1000),
  );
  const step = { topic: 'stream', partition, expected, next: expected + proven.length };
  await writeStreamBatch(database.pool, step, items, SCHEDULE);
}

async function kept(): Promise<unknown[][]> {
  const { rows } = await database.pool.query<
    Record<string, unknown> & { opened_at: Date | null; closed_at: Date | null }
  >('select * from coverage_gaps order by stream_partition, from_slot');
  return rows.map((row) => [
    row['stream_partition'],
    row['from_slot'],
    row['to_slot'],
    row['reason'],
    `${String(row['opened_source'])} ${String(row.opened_at?.getTime())}`,
    row.closed_at === null ? null : `${String(row['closed_source'])} ${row.closed_at.getTime()}`,
  ]);
}

describe('a gap', () => {
  it('is kept from the watermark that leaves slots out to those that prove them, over batches, for its partition alone', async () => {
    await stream(0, ['north', 10, 19], ['north', 30, 39]);
    await stream(1, ['north', 10, 39]);
    expect(await kept()).toEqual([[0, 20, 29, 'went_on', 'north 1000', null]]);
    await stream(0, ['south', 20, 24]);
    await stream(0, ['north', 40, 49]);
    await stream(0, ['east', 25, 29], ['east', 0, 5]);
    expect(await kept()).toEqual([
      [0, 6, 9, 'earlier_slots', 'east 5000', null],
      [0, 20, 24, 'went_on', 'north 1000', 'south 2000'],
      [0, 25, 29, 'went_on', 'north 1000', 'east 4000'],
    ]);
  });

  it('does not open again when records are taken in again after it was closed', async () => {
    await stream(0, ['north', 10, 19], ['north', 30, 39], ['south', 20, 29]);
    const before = await kept();
    await database.pool.query("update sink_offsets set next_offset = 0 where topic = 'stream'");
    await stream(0, ['north', 10, 19], ['north', 30, 39], ['south', 20, 29]);
    expect(await kept()).toEqual(before);
    expect(before).toEqual([[0, 20, 29, 'went_on', 'north 1000', 'south 2000']]);
  });
});
