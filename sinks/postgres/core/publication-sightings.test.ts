import { describe, expect, it } from '@jest/globals';
import { newestSightings } from './publication-sightings.ts';
import type { StreamItem } from './stream-plan.ts';

type Record = Extract<StreamItem, { kind: 'publication' }>['record'];

function record(offset: number, changes: Partial<Record> = {}): StreamItem {
  const content = { channel: 'c', epoch: '1', root: 'r', slot: 100, published_at: null, protocol_state: null };
  const all = {
    eventId: 'e',
    source: 'north',
    offset,
    slot: 100,
    finalized: false,
    retracted: false,
    failed: false,
    content,
  };
  return { kind: 'publication', record: { ...all, ...changes } };
}
const retraction = (offset: number, slot = 100): StreamItem => record(offset, { slot, retracted: true });
const failure = (offset: number, slot = 100): StreamItem => record(offset, { slot, content: undefined, failed: true });
const said = (...items: StreamItem[]): unknown[] =>
  newestSightings(items).map(({ source, slot, word, offset, founds }) => [source, slot, word, offset, founds]);

describe('what listeners say of a publication', () => {
  it('is the newest word of each', () => {
    expect(said(record(1), record(2, { source: 'south' }), record(3, { slot: 101 }))).toEqual([
      ['north', 101, 'seen', 3, true],
      ['south', 100, 'seen', 2, true],
    ]);
  });

  it('is taken back in the slot that it was seen in, and in no other', () => {
    expect(said(record(1), retraction(2))).toEqual([['north', 100, 'retracted', 2, true]]);
    expect(said(record(1), record(2, { slot: 101 }), retraction(3))).toEqual([['north', 101, 'seen', 2, true]]);
    expect(said(record(1), retraction(2), record(3))).toEqual([['north', 100, 'retracted', 2, true]]);
    expect(said(record(1), retraction(2), record(3, { slot: 101 }))).toEqual([['north', 101, 'seen', 3, true]]);
  });

  it('changes what is stored, slot by slot, where nothing of it succeeded among these', () => {
    expect(said(retraction(1), retraction(2, 101))).toEqual([
      ['north', 100, 'retracted', 1, false],
      ['north', 101, 'retracted', 2, false],
    ]);
    expect(said(failure(1))).toEqual([['north', 100, 'failed', 1, false]]);
    expect(said(record(1), failure(2))).toEqual([['north', 100, 'failed', 2, true]]);
  });

  it('is nothing for a publication of another mint', () => {
    expect(said(record(1, { content: undefined }))).toEqual([]);
  });
});
