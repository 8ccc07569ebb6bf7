import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { silentLogger } from '../../runtime/logging.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import type { RootFinalized, SettlementRecord, StreamEvent } from '../../schemas/records.ts';
import { rootRow } from './core/root-row.ts';
import { settlementRow } from './core/settlement-row.ts';
import { eventItem, watermarkItem } from './core/stream-items.ts';
import { buildNextTree } from './io/build-tree.ts';
import { ensurePositions } from './io/ensure-positions.ts';
import { readPosition } from './io/read-position.ts';
import { setPosition } from './io/set-position.ts';
import { settleClaims } from './io/settle-claims.ts';
import { writeRootBatch } from './io/write-root-batch.ts';
import { writeSettlementBatch } from './io/write-settlement-batch.ts';
import { writeStreamBatch } from './io/write-stream-batch.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import { type Dump, dump } from './testing/dump.ts';
import { dying } from './testing/dying-pool.ts';
import { type LogRecord, type ReferenceClaim, referenceClaims, referenceRoot } from './testing/reference-claims.ts';
import {
  CHANNELS,
  partitionOf,
  RULES,
  rootRecord,
  SCHEDULE,
  settlementRecord,
  streamEvent,
  watermark,
} from './testing/world.ts';

/** A root that its claims do not give. */
const WRONG_ROOT = 'ee'.repeat(32);
const TOPICS = { stream: 'stream', roots: 'roots', settlements: 'settlements' } as const;

/** Two partitions of each topic. */
interface World {
  readonly stream: readonly LogRecord[][];
  readonly roots: readonly RootFinalized[][];
  readonly settlements: readonly SettlementRecord[][];
  readonly claims: readonly Map<string, ReferenceClaim>[];
}

const source = fc.constantFrom('north', 'south');
const slot = fc.nat(39);
const event = fc
  .record({
    n: fc.nat(9),
    slot,
    source,
    commitment: fc.constantFrom('confirmed', 'confirmed', 'finalized'),
    retracted: fc.constantFrom(false, false, false, true),
    succeeded: fc.constantFrom(true, true, true, true, false),
  })
  .map((spec) => ({ kind: 'event' as const, ...spec }));
const mark = fc.record({ kind: fc.constant('watermark' as const), source, fromSlot: slot, slots: fc.nat(12) });
const streamSpec = fc.array(fc.oneof({ weight: 4, arbitrary: event }, { weight: 1, arbitrary: mark }), {
  minLength: 15,
  maxLength: 60,
});
const worldSpec = fc.record({
  streams: fc.tuple(streamSpec, streamSpec),
  finalisations: fc.array(
    fc.record({ partition: fc.nat(1), epoch: fc.integer({ min: 100, max: 103 }), at: fc.nat(59) }),
    {
      minLength: 1,
      maxLength: 6,
    },
  ),
  wrongRoots: fc.constantFrom(0, 0, 0, 3),
  settlements: fc.array(
    fc.record({
      root: fc.nat(11),
      attempt: fc.nat(2),
      status: fc.constantFrom('PENDING', 'CONFIRMED', 'FINALIZED', 'FAILED', 'CONFLICT', 'ALREADY_SETTLED', 'HELD'),
      otherRoot: fc.constantFrom(false, false, false, true),
    }),
    { maxLength: 20 },
  ),
});
const step = fc.record({
  lane: fc.nat(5),
  size: fc.integer({ min: 1, max: 12 }),
  action: fc.constantFrom('write', 'write', 'write', 'write', 'crash', 'twice', 'replay', 'build', 'settle'),
});
/** Steps of one group run at the same time. */
const schedule = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 3, maxLength: 20 });

type Step = { lane: number; size: number; action: string };

function world(spec: typeof worldSpec extends fc.Arbitrary<infer T> ? T : never): World {
  const stream = spec.streams.map((items, partition) =>
    items.map((item): LogRecord => {
      if (item.kind === 'watermark')
        return { watermark: watermark(item.source, item.fromSlot, item.fromSlot + item.slots) };
      const channel = partition === 1 ? 'cyd' : item.n % 2 === 0 ? 'ada' : 'bob';
      const action = item.n === 7 ? 'finalize' : 'claim';
      return { event: streamEvent({ ...item, n: item.n + 10 * partition, channel, action }) };
    }),
  );
  const claims = stream.map(referenceClaims);
  const roots: RootFinalized[][] = [[], []];
  const finalised = new Map(spec.finalisations.map((one) => [`${one.partition}/${one.epoch}`, one]));
  for (const { partition, epoch, at } of [...finalised.values()].sort((a, b) => a.at - b.at)) {
    const sourceOffset = Math.min(at, (stream[partition]?.length ?? 1) - 1);
    for (const channel of CHANNELS.filter((name) => partitionOf(name) === partition)) {
      const found = referenceRoot(claims[partition]?.values() ?? [], channel, epoch, sourceOffset);
      if (found === undefined) continue;
      const isWrong = roots.flat().length + 1 === spec.wrongRoots;
      roots[partition]?.push(
        rootRecord({ channel, epoch, sourceOffset, ...found, ...(isWrong ? { root: WRONG_ROOT } : {}) }),
      );
    }
  }
  const settlements: SettlementRecord[][] = [[], []];
  const all = roots.flat();
  for (const [at, { root, attempt, status, otherRoot }] of spec.settlements.entries()) {
    const settled = all[root % Math.max(1, all.length)];
    if (settled === undefined) continue;
    const { channel, epoch } = settled;
    settlements[partitionOf(channel)]?.push(
      settlementRecord({
        channel,
        epoch: Number(epoch),
        root: otherRoot ? 'dd'.repeat(32) : settled.root,
        status,
        attempt,
        at,
      }),
    );
  }
  return { stream, roots, settlements, claims };
}

/** Writes a batch of a lane from its position on. */
async function write(pool: Pool, { stream, roots, settlements }: World, lane: number, size: number): Promise<void> {
  const partition = lane % 2;
  const topic = [TOPICS.stream, TOPICS.roots, TOPICS.settlements][Math.floor(lane / 2)] ?? TOPICS.stream;
  const { next: expected } = await readPosition(pool, topic, partition);
  const take = <T>(records: readonly T[] | undefined): T[] => (records ?? []).slice(expected, expected + size);
  const at = <T>(records: readonly T[]): { topic: string; partition: number; expected: number; next: number } => {
    return { topic, partition, expected, next: expected + records.length };
  };
  if (topic === TOPICS.stream) {
    const records = take(stream[partition]);
    const items = records.flatMap((record, i) => {
      const item =
        'event' in record
          ? eventItem(record.event, expected + i, RULES)
          : watermarkItem(record.watermark, expected + i);
      return item === undefined ? [] : [item];
    });
    await writeStreamBatch(pool, at(records), items, SCHEDULE);
  } else if (topic === TOPICS.roots) {
    const records = take(roots[partition]);
    const rows = records.map((record, i) => rootRow(record, expected + i));
    await writeRootBatch(pool, at(records), TOPICS.stream, rows, () =>
      Promise.reject(new Error('no root conflicts here')),
    );
  } else {
    const records = take(settlements[partition]);
    const rows = records.map((record, i) => settlementRow(record, expected + i));
    await writeSettlementBatch(pool, at(records), TOPICS.roots, [partition], rows);
  }
}

async function build(pool: Pool): Promise<string> {
  return buildNextTree(pool, TOPICS.stream, silentLogger(), new AbortController().signal);
}

async function run(pool: Pool, records: World, groups: readonly Step[][]): Promise<void> {
  const act = async ({ lane, size, action }: Step): Promise<void> => {
    if (action === 'write') await write(pool, records, lane, size);
    else if (action === 'crash') await write(dying(pool), records, lane, size).catch(() => undefined);
    else if (action === 'twice') {
      // Two members believe that they own the partition: one of them is refused, or comes after the other.
      const both = await Promise.allSettled([write(pool, records, lane, size), write(pool, records, lane, size)]);
      for (const result of both)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'POSITION_MOVED' });
    } else if (action === 'replay') {
      const topic = [TOPICS.stream, TOPICS.roots, TOPICS.settlements][Math.floor(lane / 2)] ?? TOPICS.stream;
      const { next: position } = await readPosition(pool, topic, lane % 2);
      await setPosition(pool, topic, lane % 2, Math.max(0, position - 2 * size));
    } else if (action === 'build') await build(pool);
    else await settleClaims(pool);
  };
  for (const group of groups) {
    const lanes = new Map(group.map((one) => [one.lane, one]));
    await Promise.all([...lanes.values()].map(act));
  }
  for (let lane = 0; lane < 6; lane += 1) await write(pool, records, lane, 1000);
  while ((await build(pool)) !== 'nothing');
  while (await settleClaims(pool));
}

/** What a claim's status must be, from the logs alone. */
function expectedStatus(
  { roots, settlements }: World,
  { channel }: StreamEvent,
  epoch: number,
  provenOffset: number | undefined,
  vouchers: readonly string[],
): string {
  const partition = partitionOf(channel ?? '');
  const ofEpoch = roots[partition]?.filter((root) => root.epoch === BigInt(epoch)) ?? [];
  const [finalised] = ofEpoch;
  if (provenOffset === undefined) {
    if (vouchers.length === 0) return 'retracted';
    return finalised === undefined ? 'pending' : 'unproven';
  }
  if (finalised === undefined) return 'pending';
  if (provenOffset > finalised.sourceOffset) return 'late';
  const root = ofEpoch.find((one) => one.channel === channel);
  if (root === undefined || root.root === WRONG_ROOT) return 'pending';
  const isSettled = settlements[partition]?.some(
    (one) =>
      one.channel === channel &&
      one.epoch === root.epoch &&
      one.root === root.root &&
      (one.status === 'FINALIZED' || one.status === 'ALREADY_SETTLED'),
  );
  return isSettled === true ? 'settled' : 'included';
}

describe('any interleaving of the three topics', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('sink_convergence');
  });
  afterAll(() => database.drop());

  async function outcome(records: World, groups: readonly Step[][]): Promise<Dump> {
    await database.clear();
    await ensurePositions(database.pool, Object.values(TOPICS), 2);
    await run(database.pool, records, groups);
    return dump(database.pool);
  }

  it('ends in the same rows, whatever the batches, crashes, replays, and members at the same partition', async () => {
    await fc.assert(
      fc.asyncProperty(worldSpec, schedule, schedule, async (spec, first, second) => {
        const records = world(spec);
        const expected = await outcome(records, []);
        expect(await outcome(records, first)).toEqual(expected);
        expect(await outcome(records, second)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('gives each claim the state that the definition gives it, record by record', async () => {
    await fc.assert(
      fc.asyncProperty(worldSpec, schedule, async (spec, groups) => {
        const records = world(spec);
        const { claims = [], roots = [] } = await outcome(records, groups);
        const expected = records.claims
          .flatMap((partition) => [...partition.values()])
          .map(({ event, epoch, provenOffset, vouchers }) => ({
            event_id: event.eventId,
            slot: event.slot,
            epoch,
            proven_offset: provenOffset ?? null,
            vouchers,
            status: expectedStatus(records, event, epoch, provenOffset, vouchers),
          }));
        const found = claims.map(({ event_id, slot, epoch, proven_offset, vouchers, status }) => {
          return { event_id, slot, epoch, proven_offset, vouchers, status };
        });
        const byId = (a: { event_id: unknown }, b: { event_id: unknown }): number =>
          String(a.event_id) < String(b.event_id) ? -1 : 1;
        expect(found.sort(byId)).toEqual(expected.sort(byId));
        for (const root of roots) {
          const included = claims.filter(
            (claim) => claim.root_channel === root.channel && claim.root_epoch === root.epoch,
          );
          expect(root.tree_state).toBe(root.root === WRONG_ROOT ? 'mismatch' : 'built');
          expect(included).toHaveLength(root.root === WRONG_ROOT ? 0 : (root.count as number));
        }
      }),
      { numRuns: 20 },
    );
  });
});
