import { describe, expect, it } from '@jest/globals';
import { type FoundPartition, type Reached, restoreFault } from './restore-fault.ts';

const FOUND: FoundPartition = { topic: 'events', partition: 3, topicId: 'abc', low: 10, high: 100 };
const REACHED: Reached = { restoreFrom: 10, emittedBelow: 100, topicId: 'abc' };

describe('the records that a state is rebuilt from', () => {
  it.each<[string, Partial<Reached>, Partial<FoundPartition>]>([
    ['from the first one to the last one', {}, {}],
    ['where the brokers give no id', {}, { topicId: undefined }],
    ['where no id was kept', { topicId: undefined }, {}],
  ])('are there, and the same: %s', (_what, reached, found) => {
    expect(restoreFault({ ...REACHED, ...reached }, { ...FOUND, ...found })).toBeUndefined();
  });

  it.each<[string, Partial<Reached>, Partial<FoundPartition>, RegExp]>([
    [
      'TOPIC_REPLACED',
      {},
      { topicId: 'def' },
      /^events is another topic \(id def\).* offset 100 of partition 3 \(id abc\)/,
    ],
    ['TOPIC_CUT', { emittedBelow: 101 }, {}, /^Roots were made from events\/3 up to offset 101, .* ends at 100/],
    ['RECORDS_GONE', { restoreFrom: 9 }, {}, /^The state of events\/3 .* offset 9, .* begins at 10/],
  ])('are not: %s says so, and the way out', (code, changedReached, changedFound, sentence) => {
    const [reached, found] = [
      { ...REACHED, ...changedReached },
      { ...FOUND, ...changedFound },
    ];
    const fault = restoreFault(reached, found);
    const { restoreFrom, emittedBelow } = reached;
    expect(fault).toMatchObject({ code, context: { ...found, restoreFrom, emittedBelow } });
    expect(fault?.message).toMatch(sentence);
    expect(fault?.message).toMatch(/Bring the (records back|former topic back)/);
    expect(fault?.message).toMatch(/must not publish for channels whose claims are settled already\.$/);
  });
});
