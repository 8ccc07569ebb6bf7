import { describe, expect, it } from '@jest/globals';
import type { CountingRules } from '../../../domain/soundness.ts';
import type { StreamEvent } from '../../../schemas/records.ts';
import { type EventSpec, RULES, settlementRecord, streamEvent } from '../testing/world.ts';
import { settlementRow, waves } from './settlement-row.ts';
import { eventItem, watermarkItem } from './stream-items.ts';

const spec: EventSpec = {
  n: 1,
  channel: 'ada',
  slot: 25,
  source: 'north',
  commitment: 'finalized',
  retracted: false,
  succeeded: true,
  action: 'claim',
};

/** What is kept of an event as the tables have it; undefined where it does not count. */
function contentOf(event: StreamEvent, rules: CountingRules = RULES): unknown {
  const item = eventItem(event, 0, rules);
  return item?.kind === 'watermark' ? undefined : item?.record.content;
}

describe('what is kept of an event', () => {
  it('keeps u64 values exactly and counts the epoch by slot, not by the argument', () => {
    expect(contentOf(streamEvent(spec))).toMatchObject({
      epoch: 102,
      claim_epoch: '18446744073709551615',
      amount: '9223372036854775809',
      claim_timestamp: '2023-11-14T22:13:45.000Z',
    });
  });

  it('counts neither failed claims and publications nor those of another mint', () => {
    const publication: EventSpec = { ...spec, action: 'finalize' };
    for (const kind of [spec, publication]) {
      expect(contentOf(streamEvent(kind))).toBeDefined();
      expect(contentOf(streamEvent({ ...kind, succeeded: false }))).toBeUndefined();
      expect(contentOf(streamEvent(kind), { ...RULES, protocolState: 'another' })).toBeUndefined();
    }
  });

  it('refuses what no root may hold, with the reason', () => {
    const event = streamEvent(spec);
    event.instruction.data.claimer = 'nobody';
    expect(() => eventItem(event, 0, RULES)).toThrow(expect.objectContaining({ code: 'CLAIM_INVALID' }));
    const late = streamEvent(spec);
    late.tx.blockTime = 2 ** 50;
    expect(() => eventItem(late, 0, RULES)).toThrow(/its block time is not between 1970 and 9999/);
  });

  it('leaves out events of other actions', () => {
    const event = streamEvent(spec);
    event.instruction.action = 'setPolicy';
    expect(eventItem(event, 0, RULES)).toBeUndefined();
  });

  it('refuses a watermark that proves no range', () => {
    const backwards = { source: 's', fromSlot: 9, slot: 8, blockTime: 0, method: 'm', signatures: 0, endpoint: 'e' };
    expect(() => watermarkItem(backwards, 0)).toThrow(expect.objectContaining({ code: 'WATERMARK_INVALID' }));
  });
});

describe('what is kept of a settlement', () => {
  it('refuses an epoch that a bigint column cannot hold', () => {
    const record = settlementRecord({ channel: 'ada', epoch: 100, root: 'ab', status: 'HELD', attempt: 0, at: 0 });
    expect(() => settlementRow({ ...record, epoch: 2n ** 64n - 1n }, 0)).toThrow(
      expect.objectContaining({ code: 'RECORD_UNSTORABLE' }),
    );
  });

  it('never holds an attempt twice in one wave', () => {
    const row = (attempt: number, at: number) =>
      settlementRow(settlementRecord({ channel: 'ada', epoch: 100, root: 'ab', status: 'PENDING', attempt, at }), at);
    const parts = waves([row(1, 0), row(2, 1), row(1, 2), row(1, 3)]);
    expect(parts.map((wave) => wave.map(({ ledger_offset }) => ledger_offset))).toEqual([[0, 1], [2], [3]]);
  });
});
