import { describe, expect, it } from '@jest/globals';
import { positionFault } from './position-fault.ts';

const FORMER = '11111111-1111-1111-1111-111111111111';
const OTHER = '22222222-2222-2222-2222-222222222222';
const found = { topic: 'events', partition: 3, topicId: FORMER, low: 0, high: 10 };
const stored = { next: 7, highest: 7, topicId: FORMER };

describe('a position in a partition', () => {
  it('is sound within the bounds of the topic that it was reached in', () => {
    for (const next of [0, 7, 10]) expect(positionFault({ ...stored, next, highest: 10 }, found)).toBeUndefined();
  });

  it('means nothing in a topic that was made anew, shorter or longer', () => {
    for (const high of [0, 7, 100]) {
      expect(positionFault(stored, { ...found, topicId: OTHER, high })?.code).toBe('TOPIC_REPLACED');
    }
  });

  it('belongs to any topic while nothing was taken in', () => {
    expect(positionFault({ next: 0, highest: 0, topicId: FORMER }, { ...found, topicId: OTHER })).toBeUndefined();
  });

  it('means nothing beyond the end, also where brokers give no ids, and also while an earlier part is read again', () => {
    const unknown = { ...found, topicId: undefined };
    expect(positionFault({ ...stored, next: 11, highest: 11 }, unknown)?.code).toBe('TOPIC_CUT');
    expect(positionFault({ next: 2, highest: 11, topicId: undefined }, found)?.code).toBe('TOPIC_CUT');
  });

  it('below the first record tells both offsets and how to accept the loss', () => {
    const fault = positionFault(stored, { ...found, low: 9 });
    expect(fault?.code).toBe('RECORDS_GONE');
    expect(fault?.message).toMatch(
      /offset 7 of events\/3, and the partition begins at 9.*ao replay .* --to-beginning/s,
    );
  });
});
