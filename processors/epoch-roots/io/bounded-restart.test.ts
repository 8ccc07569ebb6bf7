import { describe, expect, it } from '@jest/globals';
import { isSnapshotDue } from '../core/snapshot.ts';
import { FakeKafka, FakeMember } from '../testing/fake-kafka.ts';
import { halfProven } from '../testing/logs.ts';
import { RULES } from '../testing/records.ts';

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
});
