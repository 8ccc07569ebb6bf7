import { describe, expect, it } from '@jest/globals';
import { ClaimRow } from './claim-row.ts';
import { headLine, type LedgerFacts, readLines, rowLine, waitingLines } from './ledger-text.ts';

const content = { slot: 5, channel: 'lofi', claimer: 'fan', amount: 2n ** 63n, id: 'lofi:1' };

function rowOf(eventId: string): ClaimRow {
  const row = new ClaimRow(eventId, 4);
  row.lateSlot = 6;
  const version = { source: 'north', offset: 4, slot: 5, counted: true, retracted: false, content };
  const other = { ...version, source: 'south', offset: 9, slot: 7, counted: false, retracted: true };
  const sightings = [version, { ...other, content: { ...content, slot: 7 } }];
  row.become({ ...row.state, final: false, content, sightings });
  row.hold(2);
  row.hold(-1);
  return row;
}

function read(lines: Iterable<string>) {
  const heads: LedgerFacts[] = [];
  const rows: [ClaimRow, readonly number[]][] = [];
  const waiting: [string, readonly string[]][] = [];
  readLines(lines, {
    head: (facts) => heads.push(facts),
    row: (row, holders) => rows.push([row, holders]),
    waiting: (source, ids) => waiting.push([source, ids]),
  });
  return { heads, rows, waiting };
}

describe('what a ledger remembers, as lines', () => {
  it('is read as it was written', () => {
    const facts = {
      lateKey: -3,
      buckets: [
        { key: 2, sealedAt: -1 },
        { key: 1, sealedAt: 44 },
      ],
    };
    const open = rowOf('a/0');
    const final = new ClaimRow('b/0', 7);
    final.become({ ...final.state, final: true, provenOffset: 12, content: undefined, sightings: [] });
    const { heads, rows } = read([headLine(facts), rowLine(open), rowLine(final)]);
    expect(heads).toEqual([facts]);
    expect(rows.map(([row]) => row.state)).toEqual([open.state, final.state]);
    expect(rows.map(([row, holders]) => [row.lateSlot, holders])).toEqual([
      [6, [2, -1]],
      [-1, []],
    ]);
  });

  it.each([0, 1, 500, 501, 1000])('names %i waiting rows in their order, 500 a line', (count) => {
    const rows = Array.from({ length: count }, (_, at) => new ClaimRow(`${at}/0`, at));
    const lines = [...waitingLines('north', rows)];
    expect(lines).toHaveLength(Math.ceil(count / 500));
    const { waiting } = read(lines);
    expect(waiting.flatMap(([, ids]) => ids)).toEqual(rows.map(({ eventId }) => eventId));
    expect(waiting.every(([source]) => source === 'north')).toBe(true);
  });

  it('is refused in another format, with what to do', () => {
    const other = headLine({ lateKey: -1, buckets: [] }).replace('"ledger",1', '"ledger",2');
    expect(() => read([other])).toThrow(/has format 2, this release reads 1: .*ao replay/);
    expect(() => read([other])).toThrow(expect.objectContaining({ code: 'SNAPSHOT_GONE', context: { version: 2 } }));
  });
});
