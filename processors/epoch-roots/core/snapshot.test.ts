import { describe, expect, it } from '@jest/globals';
import { isSnapshotDue, partsOf, snapshotGone } from './snapshot.ts';

describe('a snapshot', () => {
  it.each([
    [5000, 0, false],
    [5001, 0, true],
    [5001, 2500, true],
    [20_000, 10_000, false],
    [20_001, 10_000, true],
  ])('with %i records to read again and %i rows: due %s', (records, rows, isDue) => {
    expect(isSnapshotDue(records, rows)).toBe(isDue);
  });

  it('is cut into parts of about 300,000 characters, and gives back its lines', () => {
    const lines = Array.from({ length: 1000 }, (_, at) => `${at}`.padEnd(1000, 'x'));
    const parts = [...partsOf(lines)];
    expect(parts.join('\n').split('\n')).toEqual(lines);
    expect(parts.map(({ length }) => length)).toEqual([300_299, 300_299, 300_299, 100_099]);
  });

  it('has no part where there is no line, nor an empty one where the lines fill parts', () => {
    expect([...partsOf([])]).toEqual([]);
    const full = 'x'.repeat(299_999);
    expect([...partsOf([full, full])]).toEqual([full, full]);
    expect([...partsOf([full.slice(1), 'y'])]).toEqual([`${full.slice(1)}\ny`]);
  });

  it('that is gone is told with its place and how to have the state rebuilt', () => {
    const place = { offset: 7, records: 2, digest: 'abc' };
    const fault = snapshotGone(place, 3, 'the topic ends at 5');
    expect(fault).toMatchObject({ code: 'SNAPSHOT_GONE', context: { partition: 3, ...place } });
    expect(fault.message).toMatch(
      /partition 3 builds on 2 records .* offset 7 on, and the topic ends at 5: .*--partition 3/,
    );
  });
});
