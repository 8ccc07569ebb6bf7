import { describe, expect, it } from '@jest/globals';
import { applyRecord, applyWatermark, type EventRecord, type EventState, unprovenState } from './vouching.ts';

interface Content {
  readonly slot: number;
}

function record(offset: number, changes: Partial<EventRecord<Content>> = {}): EventRecord<Content> {
  const slot = changes.slot ?? 100;
  return {
    eventId: 'e',
    source: 'north',
    offset,
    slot,
    finalized: false,
    retracted: false,
    content: { slot },
    failed: 'content' in changes && changes.content === undefined,
    ...changes,
  };
}

function after(...records: EventRecord<Content>[]): EventState<Content> {
  let state: EventState<Content> | undefined;
  for (const one of records) state = applyRecord(state, one);
  if (state === undefined) throw new Error('no record counted');
  return state;
}

const watermark = (offset: number, source = 'north', slot = 100): Parameters<typeof applyWatermark>[1] => {
  return { source, fromSlot: 0, slot, offset };
};

describe('who vouches for an event', () => {
  it('is proven by a watermark of a source that saw it, at the watermark', () => {
    expect(applyWatermark(after(record(3)), watermark(5))).toMatchObject({
      final: true,
      provenOffset: 5,
      vouchers: ['north'],
    });
  });

  it('is not proven by the watermark of a source that did not see it', () => {
    const state = after(record(3));
    expect(applyWatermark(state, watermark(5, 'south'))).toBe(state);
  });

  it('is not proven by a watermark that ends before its slot, or that stood before the record', () => {
    const state = after(record(3));
    expect(applyWatermark(state, watermark(5, 'north', 99))).toBe(state);
    expect(applyWatermark(state, watermark(2))).toBe(state);
  });

  it('is proven by a watermark that begins at its slot, not by one that begins behind it', () => {
    const state = after(record(3));
    expect(applyWatermark(state, { ...watermark(5, 'north', 109), fromSlot: 101 })).toBe(state);
    expect(applyWatermark(state, { ...watermark(5, 'north', 109), fromSlot: 100 }).final).toBe(true);
  });

  it('is not proven by a source that took it back, but by the other that still stands by it, in its slot', () => {
    const state = after(record(1, { source: 'south', slot: 101 }), record(2), record(3, { retracted: true }));
    expect(applyWatermark(state, watermark(4))).toBe(state);
    expect(state).toMatchObject({ vouchers: ['south'], content: { slot: 101 } });
    expect(applyWatermark(state, watermark(5, 'south', 101))).toMatchObject({
      provenOffset: 5,
      content: { slot: 101 },
    });
  });

  it('keeps a landing in another slot when the former slot is taken back afterwards', () => {
    const state = after(record(1), record(2, { slot: 101 }), record(3, { slot: 100, retracted: true }));
    expect(state.vouchers).toEqual(['north']);
  });

  it('does not let a slot that was taken back come again', () => {
    const state = after(record(1), record(2, { retracted: true }), record(3));
    expect(state.vouchers).toEqual([]);
    expect(applyWatermark(state, watermark(4))).toBe(state);
  });

  it('takes slot and content of a finalized record, and lets nothing change it after that', () => {
    const state = after(record(1), record(2, { slot: 105, finalized: true, source: 'south' }));
    expect(state).toMatchObject({ provenOffset: 2, content: { slot: 105 }, vouchers: ['north', 'south'] });
    expect(applyRecord(state, record(3, { retracted: true }))).toBe(state);
    expect(applyRecord(state, record(4, { slot: 106, finalized: true }))).toBe(state);
  });

  it('never counts an event that is final as a failure', () => {
    const failed = after(record(1), record(2, { finalized: true, content: undefined }));
    expect(failed).toMatchObject({ final: true, provenOffset: null, vouchers: [] });
    const vouched = applyWatermark(
      after(record(1), record(2, { slot: 101, content: undefined })),
      watermark(3, 'north', 101),
    );
    expect(vouched).toMatchObject({ final: true, provenOffset: null, vouchers: [] });
  });

  it('changes nothing when the records are taken in again', () => {
    const records = [
      record(1, { content: undefined, finalized: true }),
      record(2),
      record(3, { slot: 101 }),
      record(4, { retracted: true }),
    ];
    const state = after(...records);
    for (const one of records) expect(applyRecord(state, one)).toBe(state);
    for (const one of records.slice(2)) expect(applyRecord(state, one)).toBe(state);
  });

  it('never counts an event whose failure was final before any source saw it succeed, in whichever order they come', () => {
    const failure = (offset: number) => record(offset, { finalized: true, content: undefined });
    const first = after(failure(1), record(2, { source: 'south' }));
    expect(first).toMatchObject({ final: true, provenOffset: null, content: undefined });
    expect(applyWatermark(first, watermark(3, 'south'))).toBe(first);
    const last = after(record(1, { source: 'south' }), failure(2));
    expect(applyWatermark(last, watermark(3, 'south'))).toMatchObject({ final: true, provenOffset: null });
  });

  it('changes nothing when records of an event that is not final yet are taken in again', () => {
    const records = [
      record(1),
      record(2, { slot: 101 }),
      record(3, { source: 'south' }),
      record(4, { source: 'south', retracted: true }),
    ];
    const state = after(...records);
    for (const one of records) expect(applyRecord(state, one)).toBe(state);
    const landedAgain = after(record(1), record(5, { slot: 101 }), record(6, { slot: 100 }));
    expect(applyRecord(landedAgain, record(3, { retracted: true }))).toBe(landedAgain);
  });

  it('is as before when a source says the same of the same slot again', () => {
    const state = after(record(1));
    expect(applyRecord(state, record(2))).toBe(state);
  });

  it('no longer stands where its source then saw it fail, in the same slot or unseen before', () => {
    const failure = { content: undefined };
    expect(after(record(1), record(2, failure))).toMatchObject({ vouchers: [], content: { slot: 100 } });
    const state = after(record(1), record(2, { ...failure, source: 'south' }));
    expect(state).toMatchObject({ vouchers: ['north'], content: { slot: 100 } });
    expect(applyWatermark(state, watermark(3, 'south'))).toMatchObject({ final: true, provenOffset: null });
  });

  it('is not changed by a source that takes back what it never said', () => {
    const state = after(record(1));
    expect(applyRecord(state, record(2, { source: 'south', retracted: true }))).toBe(state);
  });

  it('is not changed by a record that stands before the one it began with', () => {
    const state = after(record(5));
    const foreign = record(3, { finalized: true, content: undefined, failed: false });
    expect(applyRecord(state, foreign)).toBe(state);
  });

  it('is whole from one finalized record, whoever stood by it before', () => {
    const state = after(record(7, { finalized: true }));
    expect(state).toEqual({
      eventId: 'e',
      firstOffset: 7,
      final: true,
      provenOffset: 7,
      content: { slot: 100 },
      vouchers: ['north'],
      sightings: [],
    });
    const joined = after(record(1, { source: 'south' }), record(2, { finalized: true }));
    expect(joined).toMatchObject({ firstOffset: 1, vouchers: ['north', 'south'], sightings: [] });
    expect(applyWatermark(after(record(1)), watermark(2)).sightings).toEqual([]);
  });

  it('keeps what was last known of it when it is final as a failure', () => {
    expect(after(record(1), record(2, { finalized: true, content: undefined })).content).toEqual({ slot: 100 });
  });

  it('is put together from what sources said in any order: the newest that stands gives the content', () => {
    const sighting = (offset: number, source: string, counted = true) => {
      return { source, offset, slot: offset, counted, retracted: false, content: { slot: offset } };
    };
    const [early, late, failed] = [sighting(1, 'south'), sighting(2, 'north'), sighting(3, 'west', false)];
    const state = unprovenState('e', 1, [failed, late, early]);
    expect(state).toMatchObject({ content: { slot: 2 }, vouchers: ['north', 'south'] });
    expect(state?.sightings).toEqual([early, late, failed]);
    expect(unprovenState('e', 1, [])).toBeUndefined();
  });

  it('has the content of the source that vouches, not of one that saw another fork first', () => {
    const onFork = record(1, { source: 'south', slot: 99 });
    const takenBack = record(3, { source: 'south', slot: 99, retracted: true });
    expect(applyWatermark(after(onFork, record(2)), watermark(4)).content).toEqual({ slot: 100 });
    expect(applyWatermark(after(onFork, record(2), takenBack), watermark(4)).content).toEqual({ slot: 100 });
    expect(applyWatermark(after(record(1), { ...onFork, offset: 2 }), watermark(4)).content).toEqual({ slot: 100 });
  });

  it('knows nothing of an event that never counted and whose failure is not final', () => {
    expect(applyRecord<Content>(undefined, record(1, { content: undefined }))).toBeUndefined();
    const foreign = record(1, { finalized: true, content: undefined, failed: false });
    expect(applyRecord<Content>(undefined, foreign)).toBeUndefined();
    expect(applyRecord<Content>(undefined, record(1, { retracted: true }))).toBeUndefined();
  });
});
