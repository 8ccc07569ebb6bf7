import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { WholeInput } from '../../processors/epoch-roots/testing/records.ts';
import { ensurePositions } from '../../sinks/postgres/io/ensure-positions.ts';
import { createTestDatabase, type TestDatabase } from '../../sinks/postgres/testing/database.ts';
import { rootsOfProcessor, rootsOfSink, STREAM_TOPIC, takeIn } from './agreement.ts';
import { TRANSACTIONS_A_LOG, wildLog } from './wild-logs.ts';

/** Raise it to try more: AO_TEST_AGREEMENT_LOGS=10000 npm test -- simulation/agreement. */
const LOGS = Number(process.env.AO_TEST_AGREEMENT_LOGS ?? 300);
const SEED = Number(process.env.AO_TEST_AGREEMENT_SEED ?? 1);

/** A log to read in a failure: one line a record. */
function storyOf(log: readonly WholeInput[]): string {
  return log
    .map((input, offset) => {
      if (input.name === 'SlotWatermark') {
        const { source, fromSlot, slot, blockTime } = input.value;
        return `${offset} ${source} watermark ${fromSlot}..${slot} at ${blockTime}`;
      }
      const { source, eventId, slot, commitment, retracted, succeeded, channel, instruction } = input.value;
      const what = retracted ? 'retracted' : commitment;
      return `${offset} ${source} ${eventId.slice(0, 6)} slot ${slot} ${what}${succeeded ? '' : ' failed'} ${channel} ${instruction.data.amount}`;
    })
    .join('\n');
}

describe('the processor and the sink', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('agreement');
    await ensurePositions(database.pool, [STREAM_TOPIC], LOGS);
  });
  afterAll(() => database.drop());

  it('give the same roots over any log, contradictory and broken ones included', async () => {
    const { pool } = database;
    let compared = 0;
    for (const [partition, { recordsFrom, batchSizes }] of fc
      .sample(wildLog, { numRuns: LOGS, seed: SEED })
      .entries()) {
      const log = recordsFrom(partition * TRANSACTIONS_A_LOG);
      const { roots, sealedAt } = rootsOfProcessor(log, partition);
      await takeIn(pool, log, partition, batchSizes);
      const computed = await rootsOfSink(pool, partition, sealedAt);
      if (JSON.stringify([...computed].sort()) !== JSON.stringify([...roots].sort())) {
        expect({ log: storyOf(log), sink: computed }).toEqual({ log: storyOf(log), sink: roots });
      }
      compared += roots.size;
    }
    // Logs without roots would agree about nothing.
    expect(compared).toBeGreaterThan(LOGS);
    process.stderr.write(`${LOGS} logs from seed ${SEED}: ${compared} roots, all the same\n`);
  });
});
