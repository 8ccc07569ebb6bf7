import { MerkleTree } from '@attention-oracle/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sortCanonically } from '../../domain/counted-claim.ts';
import { silentLogger } from '../../runtime/logging.ts';
import type { RootFinalized } from '../../schemas/records.ts';
import { rootRow } from './core/root-row.ts';
import { settlementRow } from './core/settlement-row.ts';
import { eventItem, watermarkItem } from './core/stream-items.ts';
import type { StreamItem } from './core/stream-plan.ts';
import { buildNextTree } from './io/build-tree.ts';
import { countAlarms } from './io/count-alarms.ts';
import { ensurePositions } from './io/ensure-positions.ts';
import { readPosition } from './io/read-position.ts';
import { writeRootBatch } from './io/write-root-batch.ts';
import { writeSettlementBatch } from './io/write-settlement-batch.ts';
import { writeStreamBatch } from './io/write-stream-batch.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import {
  type EventSpec,
  RULES,
  rootRecord,
  SCHEDULE,
  settlementRecord,
  streamEvent,
  watermark,
} from './testing/world.ts';

const ROOT = '12'.repeat(32);
const FINAL = { source: 'north', commitment: 'finalized', retracted: false, succeeded: true, channel: 'ada' } as const;

describe('roots in the database', () => {
  let database: TestDatabase;
  let conflicts: number[];
  beforeAll(async () => {
    database = await createTestDatabase('sink_roots');
  });
  beforeEach(async () => {
    await database.clear();
    await ensurePositions(database.pool, ['stream', 'roots', 'settlements'], 1);
    conflicts = [];
  });
  afterAll(() => database.drop());

  async function stream(...records: (EventSpec | ReturnType<typeof watermark>)[]): Promise<void> {
    const { next: expected } = await readPosition(database.pool, 'stream', 0);
    const items = records.flatMap((record, i): StreamItem[] => {
      const offset = expected + i;
      if ('fromSlot' in record) return [watermarkItem(record, offset)];
      return [eventItem(streamEvent(record), offset, RULES)].filter((item) => item !== undefined);
    });
    const at = { topic: 'stream', partition: 0, expected, next: expected + records.length };
    await writeStreamBatch(database.pool, at, items, SCHEDULE);
  }

  async function roots(...records: RootFinalized[]): Promise<void> {
    const { next: expected } = await readPosition(database.pool, 'roots', 0);
    const rows = records.map((record, i) => rootRow(record, expected + i));
    const at = { topic: 'roots', partition: 0, expected, next: expected + records.length };
    await writeRootBatch(database.pool, at, 'stream', rows, async (offsets) => {
      conflicts.push(...offsets);
    });
  }

  async function settle(root: string): Promise<void> {
    const record = settlementRecord({ channel: 'ada', epoch: 100, root, status: 'FINALIZED', attempt: 1, at: 1 });
    const at = { topic: 'settlements', partition: 0, expected: 0, next: 1 };
    await writeSettlementBatch(database.pool, at, 'roots', [0], [settlementRow(record, 0)]);
  }

  const build = (): Promise<string> =>
    buildNextTree(database.pool, 'stream', silentLogger(), new AbortController().signal);

  it('raise an alarm when they are settled by our record and the proven slots show no such publication', async () => {
    await roots(rootRecord({ channel: 'ada', epoch: 100, root: ROOT, count: 1, sourceOffset: 0 }));
    await settle(ROOT);
    expect(await countAlarms(database.pool)).toMatchObject({ notSeen: 0, otherBytes: 0 });
    await stream(watermark('north', 0, 500));
    expect(await countAlarms(database.pool)).toMatchObject({ notSeen: 1, otherBytes: 0 });
    await stream({ ...FINAL, n: 1, slot: 500, action: 'finalize', published: { epoch: 100, root: ROOT } });
    expect(await countAlarms(database.pool)).toMatchObject({ notSeen: 0, otherBytes: 0 });
  });

  it('raise an alarm when the chain shows other bytes for a settled epoch', async () => {
    await roots(rootRecord({ channel: 'ada', epoch: 100, root: ROOT, count: 1, sourceOffset: 0 }));
    await settle(ROOT);
    await stream({ ...FINAL, n: 1, slot: 500, action: 'finalize', published: { epoch: 100, root: '34'.repeat(32) } });
    expect(await countAlarms(database.pool)).toMatchObject({ otherBytes: 1 });
  });

  it('never change: a second one for the same channel and epoch is reported, the first stays', async () => {
    const first = rootRecord({ channel: 'ada', epoch: 100, root: ROOT, count: 1, sourceOffset: 0 });
    await roots(first, first);
    await roots({ ...first, root: '56'.repeat(32) });
    const { rows } = await database.pool.query('select root from roots');
    expect(rows).toEqual([{ root: ROOT }]);
    expect(conflicts).toEqual([2]);
  });

  it('are not served when the claims give another one, and say so', async () => {
    await stream({ ...FINAL, n: 1, slot: 1, action: 'claim' });
    await roots(rootRecord({ channel: 'ada', epoch: 100, root: ROOT, count: 1, sourceOffset: 0 }));
    expect(await build()).toBe('mismatch');
    expect(await build()).toBe('nothing');
    expect(await countAlarms(database.pool)).toMatchObject({ mismatches: 1 });
    const { rows } = await database.pool.query('select status, root_id from claims');
    expect(rows).toEqual([{ status: 'pending', root_id: null }]);
    expect((await database.pool.query('select from tree_nodes')).rowCount).toBe(0);
  });

  it('wait until the claims up to their watermark are all here', async () => {
    await roots(rootRecord({ channel: 'ada', epoch: 100, root: ROOT, count: 1, sourceOffset: 1 }));
    await stream({ ...FINAL, n: 1, slot: 1, action: 'claim' });
    expect(await build()).toBe('nothing');
    await stream(watermark('north', 0, 20));
    expect(await build()).toBe('mismatch');
  });

  it('of recipe participation give all claims of a user the same leaf', async () => {
    // Users are n modulo 4: the fifth claim is by the first user again.
    const specs = Array.from({ length: 5 }, (_, n): EventSpec => ({ ...FINAL, n, slot: n, action: 'claim' }));
    await stream(...specs);
    const claims = sortCanonically(
      specs.map(streamEvent).map((event) => {
        const { claimer, amount, id } = event.instruction.data;
        return { ...event, claimer: claimer ?? '', amount: amount ?? 0n, id: id ?? '' };
      }),
    );
    const tree = new MerkleTree(claims, { recipe: 'participation', channel: 'ada', epoch: 100n });
    const root = {
      channel: 'ada',
      epoch: 100,
      root: tree.rootHex(),
      count: 4,
      sourceOffset: 4,
      recipe: 'participation',
    };
    await roots(rootRecord(root));
    expect(await build()).toBe('built');
    const { rows } = await database.pool.query<{ leaf_index: number }>('select leaf_index from claims order by slot');
    expect(rows.map(({ leaf_index }) => leaf_index)).toEqual([0, 1, 2, 3, 0]);
  });
});
