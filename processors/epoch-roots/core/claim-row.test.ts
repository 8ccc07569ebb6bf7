import { describe, expect, it } from '@jest/globals';
import { ClaimRow } from './claim-row.ts';

const content = { slot: 5, channel: 'lofi', claimer: 'fan', amount: 7n, id: 'lofi:1' };
const sighting = (source: string) => ({ source, offset: 1, slot: 5, counted: true, retracted: false, content });

function rowWith(provenOffset: number | null, final: boolean): ClaimRow {
  const row = new ClaimRow('signature/2.1', 4);
  row.become({ ...row.state, final, provenOffset, content, sightings: final ? [] : [sighting('north')] });
  return row;
}

describe('a row of the ledger', () => {
  it('has the signature of its event, and was never late', () => {
    expect(rowWith(null, false)).toMatchObject({ signature: 'signature', lateSlot: -1, firstOffset: 4 });
  });

  it('keeps what each source says while it is open, nobody who stood by it', () => {
    const row = rowWith(null, false);
    expect(row.sightingOf('north')).toEqual(sighting('north'));
    expect(row.sightingOf('south')).toBeUndefined();
    expect(row).toMatchObject({ isFinal: false, proven: undefined });
    expect(row.state).toMatchObject({ vouchers: [], sightings: [sighting('north')] });
  });

  it('gives its claim once it is final as one, until its root is built', () => {
    expect(rowWith(null, true).proven).toBeUndefined();
    const row = rowWith(9, true);
    expect(row.proven).toEqual(content);
    row.strip();
    expect(row).toMatchObject({ isFinal: true, proven: undefined });
    expect(row.state.content).toBeUndefined();
  });

  it('is held by each bucket once, until the last one lets go', () => {
    const row = rowWith(null, false);
    expect([row.isHeld, row.holders]).toEqual([false, []]);
    expect([row.hold(3), row.hold(3), row.hold(-1), row.hold(-1), row.hold(4)]).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
    expect(row.holders).toEqual([3, -1, 4]);
    row.release(3);
    expect(row.holders).toEqual([-1, 4]);
    row.release(7);
    expect(row.holders).toEqual([-1, 4]);
    row.release(4);
    row.release(-1);
    expect([row.isHeld, row.holders]).toEqual([false, []]);
  });
});
