import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../../runtime/errors.ts';
import type { CommittedOffset } from '../../../runtime/kafka/records.ts';
import type { Rules } from '../core/rules.ts';
import { FakeKafka, FakeMember, type WriteFault } from '../testing/fake-kafka.ts';
import { anyLog, type Placed } from '../testing/logs.ts';
import { addressOf, event, mark, RULES } from '../testing/records.ts';

const rules: Rules = { ...RULES, dedupRecords: 20 };

async function finish(member: FakeMember, kafka: FakeKafka): Promise<void> {
  kafka.registryIsDown = false;
  kafka.nextFault = 'none';
  // The first batch only takes the partition over; a fenced member needs another turn.
  for (let turns = 0; turns < 8 || !member.isDone; turns += 1) {
    if (turns > 20 + kafka.end) throw new Error('the member does not get on');
    await member.step(7);
    // Nothing that a person must mend comes right by another turn.
    if (member.failure instanceof AppError && !member.failure.retryable) throw member.failure;
  }
}

/** A new member that reads to the end, or fails a few times. */
async function writeAll(kafka: FakeKafka, under: Rules): Promise<{ failure: unknown; isRestored: boolean }> {
  const member = new FakeMember(kafka, under);
  member.join();
  await member.takeOver();
  for (let turn = 0; turn < 8; turn += 1) await member.step(7);
  await member.flush();
  return { failure: member.failure, isRestored: member.worker.isRestored };
}

/** What a member that nothing disturbs writes. */
async function undisturbed(log: readonly Placed[]): Promise<string[]> {
  const kafka = new FakeKafka(log);
  const member = new FakeMember(kafka, rules);
  member.join();
  await finish(member, kafka);
  return kafka.written;
}

const at = (log: readonly Placed['input'][]): Placed[] => log.map((input, offset) => ({ offset, input }));
const story = at([
  event({ tx: 1, slot: 5, kind: 'finalized' }),
  mark({ from: 0, to: 30 }),
  event({ tx: 2, slot: 35, kind: 'finalized' }),
  mark({ from: 31, to: 60 }),
]);

type Step =
  | {
      readonly does: 'step';
      readonly who: number;
      readonly size: number;
      readonly fault: WriteFault;
      readonly registryIsDown: boolean;
    }
  | { readonly does: 'join' | 'flush' | 'replace'; readonly who: number };

const who = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant('step' as const),
      who,
      size: fc.integer({ min: 1, max: 12 }),
      fault: fc.constantFrom<WriteFault>('none', 'none', 'none', 'lost', 'landed but reported lost'),
      registryIsDown: fc.integer({ min: 0, max: 9 }).map((roll) => roll === 0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constantFrom('join' as const, 'flush' as const, 'replace' as const), who }),
  },
);

describe('a batch that is not current', () => {
  it('is not applied when the take-over has sought elsewhere: it comes again from there', async () => {
    const kafka = new FakeKafka(story);
    const member = new FakeMember(kafka, rules);
    member.join();
    expect(await member.step(4)).toBe(true);
    expect(kafka.written).toHaveLength(0);
    expect(member.worker.gauges.openClaims).toBe(0);
    await finish(member, kafka);
    expect(kafka.written).toHaveLength(2);
  });

  it('is not written when the group hands the partitions out anew while it is read, and nothing of it is lost', async () => {
    const kafka = new FakeKafka(story);
    const member = new FakeMember(kafka, rules);
    member.join();
    await member.step(4);
    kafka.meanwhile = () => member.join();
    await member.step(4);
    expect(kafka.written).toHaveLength(0);
    await finish(member, kafka);
    expect(kafka.written).toEqual(await undisturbed(story));
  });
});

describe('a partition under faults', () => {
  it('is written exactly once, whatever fails and whoever believes to own it', async () => {
    await fc.assert(
      fc.asyncProperty(anyLog, fc.array(step, { maxLength: 40 }), async (log, steps) => {
        const kafka = new FakeKafka(log);
        const members = [0, 1, 2].map(() => new FakeMember(kafka, rules));
        members[0]?.join();
        for (const action of steps) {
          const member = members[action.who] as FakeMember;
          if (action.does === 'step') {
            kafka.nextFault = action.fault;
            kafka.registryIsDown = action.registryIsDown;
            await member.step(action.size);
          } else if (action.does === 'join') member.join();
          else if (action.does === 'flush') await member.flush();
          else members[action.who] = new FakeMember(kafka, rules);
        }
        const last = members[steps.length % 3] as FakeMember;
        last.join();
        await finish(last, kafka);
        expect(kafka.written).toEqual(await undisturbed(log));
      }),
      { numRuns: 600 },
    );
  });

  it('does not write again what a transaction wrote whose answer was lost', async () => {
    const kafka = new FakeKafka(story);
    const member = new FakeMember(kafka, rules);
    member.join();
    await member.step(2);
    kafka.nextFault = 'landed but reported lost';
    expect(await member.step(2)).toBe(false);
    await finish(member, kafka);
    expect(kafka.written).toHaveLength(2);
  });

  it('takes a batch again while the registry is down, and skips nothing', async () => {
    const kafka = new FakeKafka(story);
    const member = new FakeMember(kafka, rules);
    member.join();
    await member.step(2);
    kafka.registryIsDown = true;
    expect(await member.step(4)).toBe(false);
    expect(kafka.written).toHaveLength(0);
    await finish(member, kafka);
    expect(kafka.written).toHaveLength(2);
  });

  it('keeps its state over a rebalance that gives it the partition again', async () => {
    const kafka = new FakeKafka(story);
    const member = new FakeMember(kafka, rules);
    member.join();
    await member.step(1);
    await member.step(3);
    const position = member.worker.gauges;
    member.join();
    await member.step(1);
    expect(member.worker.gauges).toEqual(position);
    expect(member.worker.isRestored).toBe(true);
  });

  it('writes no root twice, whatever the log, when the group forgets its offsets or an operator resets them', async () => {
    const lost = fc.constantFrom<CommittedOffset>(
      { offset: undefined, metadata: '' },
      { offset: 0n, metadata: 'replay:beginning' },
      { offset: 10_000n, metadata: '' },
    );
    await fc.assert(
      fc.asyncProperty(
        anyLog,
        fc.array(fc.record({ size: fc.integer({ min: 1, max: 12 }), lost })),
        async (log, steps) => {
          const kafka = new FakeKafka(log);
          for (const { size, lost: committed } of steps) {
            const member = new FakeMember(kafka, rules);
            member.join();
            // Not with the first batch: beyond the end none comes (seed 237691366).
            await member.takeOver();
            for (let turn = 0; turn < 4; turn += 1) await member.step(size);
            kafka.committed = committed;
          }
          const last = new FakeMember(kafka, rules);
          last.join();
          await last.takeOver();
          await finish(last, kafka);
          const roots = (written: readonly string[]): string[] =>
            written.filter((line) => line.startsWith('ao.roots.v1'));
          expect(roots(kafka.written)).toEqual(roots(await undisturbed(log)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('emits nothing while the roots that stand cannot be read, and none twice once they can', async () => {
    const kafka = new FakeKafka(story);
    await writeAll(kafka, rules);
    const written = [...kafka.written];
    kafka.committed = { offset: undefined, metadata: '' };
    kafka.rootsFault = new AppError('REGISTRY_UNAVAILABLE', 'no answer', { retryable: true });
    const { failure, isRestored } = await writeAll(kafka, rules);
    expect(failure).toBe(kafka.rootsFault);
    expect(isRestored).toBe(false);
    expect(kafka.written).toEqual(written);
    expect(kafka.committed.offset).toBeUndefined();
    kafka.rootsFault = undefined;
    expect((await writeAll(kafka, rules)).isRestored).toBe(true);
    expect(kafka.written).toEqual(written);
  });

  it('refuses other rules when the group has forgotten its offsets, by the roots that stand', async () => {
    const kafka = new FakeKafka(story);
    await writeAll(kafka, rules);
    kafka.committed = { offset: undefined, metadata: '' };
    const other: Rules = { ...rules, schedule: { durationSlots: 20, base: 5n }, recipe: 'claim-v1' };
    const { failure, isRestored } = await writeAll(kafka, other);
    expect(failure).toMatchObject({
      code: 'CHECKPOINT_RULES_CHANGED',
      message: expect.stringMatching(/DURATION_SLOTS was 10, is 20; EPOCH_BASE was 0, is 5; ROOT_RECIPE was claim-v0/),
    });
    expect(isRestored).toBe(false);
    expect(kafka.roots).toHaveLength(2);
  });

  it.each<[string, Partial<Rules>]>([
    ['another threshold', { finalizeThresholdSecs: 10 }],
    ['another mint', { protocolState: addressOf(8) }],
  ])('holds the partition when %s makes other roots than those that stand', async (_, change) => {
    const kafka = new FakeKafka(story);
    await writeAll(kafka, rules);
    kafka.committed = { offset: undefined, metadata: '' };
    const { failure, isRestored } = await writeAll(kafka, { ...rules, ...change });
    expect(failure).toMatchObject({ code: 'ROOT_CONFLICT' });
    expect(isRestored).toBe(false);
    expect(kafka.roots).toHaveLength(2);
  });

  it('holds the partition when records are gone that its state needs, and goes on when they are back', async () => {
    const kafka = new FakeKafka(story);
    const member = new FakeMember(kafka, rules);
    member.join();
    await member.step(1);
    await member.step(1);
    await member.flush();
    expect(kafka.committed.offset).toBe(1n);
    kafka.low = 1;
    const next = await writeAll(kafka, rules);
    expect(next.failure).toMatchObject({
      code: 'RECORDS_GONE',
      message: expect.stringMatching(/rebuilt from offset 0, and the partition begins at 1/),
    });
    expect(next.isRestored).toBe(false);
    expect(kafka.roots).toHaveLength(0);
    kafka.low = 0;
    await writeAll(kafka, rules);
    expect(kafka.written).toEqual(await undisturbed(story));
  });

  it('holds the partition when a group without a checkpoint finds its beginning deleted', async () => {
    const kafka = new FakeKafka(story);
    kafka.low = 1;
    expect((await writeAll(kafka, rules)).failure).toMatchObject({ code: 'RECORDS_GONE' });
    expect(kafka.written).toHaveLength(0);
  });

  it('holds the partition when records are deleted that it has not read yet', async () => {
    const kafka = new FakeKafka(story);
    const member = new FakeMember(kafka, rules);
    member.join();
    await member.step(1);
    await member.step(1);
    kafka.low = 2;
    member.skipTo(2);
    expect(await member.step(2)).toBe(false);
    expect(member.failure).toMatchObject({ code: 'RECORDS_GONE' });
    expect(kafka.written).toHaveLength(0);
  });

  it('holds the partition of a topic that was made anew, or that ends before what was reached', async () => {
    const kafka = new FakeKafka(story);
    await writeAll(kafka, rules);
    kafka.topicId = 'second';
    expect((await writeAll(kafka, rules)).failure).toMatchObject({ code: 'TOPIC_REPLACED' });
    kafka.topicId = 'first';
    const cut = new FakeKafka(story.slice(0, 2));
    cut.committed = kafka.committed;
    expect((await writeAll(cut, rules)).failure).toMatchObject({ code: 'TOPIC_CUT' });
    cut.committed = { offset: undefined, metadata: '' };
    cut.roots.push(...kafka.roots);
    expect((await writeAll(cut, rules)).failure).toMatchObject({ code: 'TOPIC_CUT' });
  });
});
