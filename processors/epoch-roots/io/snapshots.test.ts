import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeCheckpoint, encodeCheckpoint } from '../core/checkpoint.ts';
import { PartitionState } from '../core/partition-state.ts';
import { Progress } from '../core/progress.ts';
import { FakeKafka, FakeMember } from '../testing/fake-kafka.ts';
import { anyLog, halfProven } from '../testing/logs.ts';
import { RULES } from '../testing/records.ts';

describe('a restart from a snapshot', () => {
  it('goes on as a state that never stopped, whatever the records', () => {
    fc.assert(
      fc.property(anyLog, fc.nat(89), fc.constantFrom(0, 20, 1000), (log, at, dedupRecords) => {
        const rules = { ...RULES, dedupRecords };
        const begin = { offset: 0, progress: Progress.start };
        const lived = new PartitionState(rules, 0, begin);
        for (const { offset, input } of log.slice(0, at)) lived.apply(offset, input);
        const text = encodeCheckpoint(rules, lived.checkpointOn({ offset: 7, records: 1, digest: 'digest' }));
        const checkpoint = decodeCheckpoint(rules, text);
        if (checkpoint === undefined) throw new Error(`not a checkpoint: ${text}`);
        const restored = new PartitionState(rules, 0, checkpoint, [...lived.lines()]);
        expect([...restored.lines()]).toEqual([...lived.lines()]);
        for (const { offset, input } of log.slice(at)) {
          expect(restored.apply(offset, input)).toEqual(lived.apply(offset, input));
        }
        expect([...restored.lines()].sort()).toEqual([...lived.lines()].sort());
      }),
      { numRuns: 2000 },
    );
  });

  it.each<[string, (kafka: FakeKafka) => void]>([
    ['is gone', (kafka) => kafka.state.clear()],
    [
      'is another one',
      (kafka) => {
        for (const [key, record] of kafka.state) kafka.state.set(key, { ...record, value: Buffer.from('other') });
      },
    ],
    [
      'is newer than the group, whose offsets were rolled back',
      (kafka) => {
        for (const [key, record] of kafka.state) {
          kafka.state.set(key, { ...record, offset: String(Number(record.offset) + kafka.stateEnd) });
        }
      },
    ],
  ])('holds the partition when the kept state %s: it is never taken for empty', async (_, spoil) => {
    const kafka = new FakeKafka(halfProven(30));
    const first = new FakeMember(kafka, RULES);
    first.join();
    while (!first.isDone) expect(await first.step(1000)).toBe(true);
    expect(kafka.state.size).toBeGreaterThan(0);
    spoil(kafka);
    const member = new FakeMember(kafka, RULES);
    member.join();
    await member.takeOver();
    expect(member.failure).toMatchObject({ code: 'SNAPSHOT_GONE', message: expect.stringContaining('ao replay') });
    expect(member.worker.isRestored).toBe(false);
  });
});
