import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Rules } from '../core/rules.ts';
import { FakeKafka, FakeMember, type WriteFault } from '../testing/fake-kafka.ts';
import { anyLog, type Placed } from '../testing/logs.ts';
import { event, mark, RULES } from '../testing/records.ts';

const rules: Rules = { ...RULES, dedupRecords: 20 };

async function finish(member: FakeMember, kafka: FakeKafka): Promise<void> {
  kafka.registryIsDown = false;
  kafka.nextFault = 'none';
  // The first batch only takes the partition over; a fenced member needs another turn.
  for (let turns = 0; turns < 8 || !member.isDone; turns += 1) await member.step(7);
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

  it('restores from the beginning, silently up to the offset, when an operator reset the group without a checkpoint', async () => {
    const kafka = new FakeKafka(story);
    kafka.committed = { offset: 2n, metadata: 'replay:offset' };
    const member = new FakeMember(kafka, rules);
    member.join();
    await finish(member, kafka);
    expect(kafka.written).toEqual((await undisturbed(story)).slice(1));
  });
});
