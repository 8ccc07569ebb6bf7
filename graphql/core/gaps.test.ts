import { describe, expect, it } from '@jest/globals';
import { closedGapViews, type GapMarkView, type KeptGap, openGapViews } from './gaps.ts';

const mark = (source: string, second: number | null): GapMarkView => ({
  source,
  method: 'walk',
  endpoint: 'rpc.example',
  at: second === null ? null : new Date(second * 1000),
});

const kept = (partition: number, fromSlot: bigint, toSlot: bigint, parts: Partial<KeptGap> = {}): KeptGap => ({
  partition,
  fromSlot,
  toSlot,
  reason: 'LISTENER_WENT_ON',
  opened: mark('north', 10 + partition),
  closed: null,
  ...parts,
});

describe('open gaps', () => {
  it('have the reason and the first of the watermarks that opened them, in a sentence too', () => {
    const gap = { fromSlot: 120n, toSlot: 139n, partitions: [0, 1] };
    const rows = [kept(1, 120n, 139n), kept(0, 110n, 125n), kept(2, 120n, 139n, { opened: mark('else', 1) })];
    expect(openGapViews([gap], rows)).toEqual([
      {
        ...gap,
        reason: 'LISTENER_WENT_ON',
        why: 'Listener north (walk at rpc.example) proved later slots without slots 120 to 139.',
        opened: mark('north', 10),
        closed: null,
      },
    ]);
  });

  it('belong to a row that has one slot of them, the last or the first', () => {
    const gap = { fromSlot: 120n, toSlot: 130n, partitions: [0] };
    for (const row of [kept(0, 130n, 139n), kept(0, 100n, 120n)])
      expect(openGapViews([gap], [row])).toMatchObject([{ reason: 'LISTENER_WENT_ON' }]);
  });

  it('name no listener where none is known, and take one of a known time before one of none', () => {
    const gap = { fromSlot: 120n, toSlot: 121n, partitions: [0, 1, 2] };
    expect(openGapViews([gap], [kept(0, 120n, 121n, { opened: null })])).toMatchObject([
      { why: 'A listener proved later slots without slots 120 to 121.' },
    ]);
    const rows = [
      kept(0, 120n, 121n, { opened: mark('untimed', null) }),
      kept(1, 120n, 121n, { opened: mark('late', 20) }),
      kept(2, 120n, 121n, { opened: mark('early', 10) }),
    ];
    for (const some of [rows, [...rows].reverse()])
      expect(openGapViews([gap], some)).toMatchObject([{ opened: mark('early', 10) }]);
  });

  it('are not given a reason that was not kept for them', () => {
    const gap = { fromSlot: 120n, toSlot: 120n, partitions: [0] };
    expect(openGapViews([gap], [kept(0, 121n, 139n), kept(0, 100n, 119n)])).toMatchObject([
      { reason: 'NOT_KEPT', opened: null, why: 'It was not kept why slot 120 came to be left out.' },
    ]);
  });
});

describe('closed gaps', () => {
  it('were closed by the last of the watermarks, in whichever order they are told', () => {
    const rows = [31, 33, 32].map((second, partition) => kept(partition, 5n, 9n, { closed: mark('south', second) }));
    for (const some of [rows, [...rows].reverse()])
      expect(closedGapViews(some)).toMatchObject([{ partitions: [0, 1, 2], closed: mark('south', 33) }]);
  });

  it('are one for all partitions that the same proof closed, and several where several did', () => {
    const closed = { closed: mark('south', 30) };
    const rows = [
      kept(2, 5n, 9n, { closed: mark('south', 31), opened: mark('north', null) }),
      kept(0, 5n, 9n, closed),
      kept(1, 5n, 9n, { closed: mark('east', 29), reason: 'EARLIER_SLOTS_PROVEN' }),
    ];
    expect(closedGapViews(rows)).toMatchObject([
      { fromSlot: 5n, toSlot: 9n, partitions: [0, 2], opened: mark('north', 10), closed: mark('south', 31) },
      {
        partitions: [1],
        closed: mark('east', 29),
        why: expect.stringMatching(/proved earlier slots without slots 5 to 9/),
      },
    ]);
  });
});
