import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeCheckpoint, encodeCheckpoint } from '../core/checkpoint.ts';
import { type Input, PartitionState } from '../core/partition-state.ts';
import { Progress } from '../core/progress.ts';
import { isSnapshotDue } from '../core/snapshot.ts';
import { FakeKafka, FakeMember } from '../testing/fake-kafka.ts';
import { anyLog, type Placed } from '../testing/logs.ts';
import { event, mark, RULES } from '../testing/records.ts';

const placed = (inputs: readonly Input[]): Placed[] => inputs.map((input, offset) => ({ offset, input }));

/** Ten claims of epoch 0, whose slot 0 nobody proves, and as many watermarks as are wanted after them. */
function halfProven(watermarks: number): Placed[] {
  const claims = Array.from({ length: 10 }, (_, i) => event({ tx: i + 1, slot: 5 }));
  return placed([...claims, ...Array.from({ length: watermarks }, (_, i) => mark({ from: i + 1, to: i + 1 }))]);
}

/** Ten claims of an epoch so long that no watermark ends it. */
const longEpoch = { ...RULES, schedule: { durationSlots: 10_000_000, base: 0n } };

async function runTo(kafka: FakeKafka, rules = RULES): Promise<FakeMember> {
  const member = new FakeMember(kafka, rules);
  member.join();
  await member.takeOver();
  for (let turn = 0; turn < 400 && !member.isDone; turn += 1) await member.step(1000);
  await member.flush();
  expect(member.isDone).toBe(true);
  return member;
}

describe('a restart reads what is open, not what was', () => {
  it.each([
    ['ten claims are open', longEpoch],
    ['the first epoch is half proven and stays so', RULES],
  ])('after 100,000 watermarks when %s', async (_, rules) => {
    const kafka = new FakeKafka(halfProven(100_000));
    kafka.isSnapshotDue = isSnapshotDue;
    const before = await runTo(kafka, rules);
    expect(before.worker.gauges.openClaims).toBe(10);
    kafka.read = 0;
    const after = await runTo(kafka, rules);
    expect(after.worker.isRestored).toBe(true);
    expect(after.worker.gauges.openClaims).toBe(10);
    expect(kafka.read).toBeGreaterThan(0);
    expect(kafka.read).toBeLessThan(7000);
  });

  it('in a state that goes on as one that never stopped, whatever the records', () => {
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
  ])('or holds the partition when the kept state %s: it is never taken for empty', async (_, spoil) => {
    const kafka = new FakeKafka(halfProven(30));
    await runTo(kafka);
    expect(kafka.state.size).toBeGreaterThan(0);
    spoil(kafka);
    const member = new FakeMember(kafka, RULES);
    member.join();
    await member.takeOver();
    expect(member.failure).toMatchObject({ code: 'SNAPSHOT_GONE', message: expect.stringContaining('ao replay') });
    expect(member.worker.isRestored).toBe(false);
  });
});
