import { PROGRAM_ID } from '@attention-oracle/sdk';
import { describe, expect, it } from '@jest/globals';
import type { StreamEvent } from '../../../../schemas/records.ts';
import { madeUpTransactions } from '../../testing/fixture-transactions.ts';
import type { OwnRecord } from '../ports.ts';
import { isVouched } from './emissions.ts';
import { restoreEmissions } from './restore-emissions.ts';
import { restated, toStreamEvents } from './stream-events.ts';

const [made] = madeUpTransactions(40, 2)
  .map(({ answer }) => toStreamEvents(answer, { source: 'l', commitment: 'confirmed', programId: PROGRAM_ID }))
  .filter(({ events }) => events.length > 0);
if (made === undefined) throw new Error('no transaction with events');
const { events, signature, slot } = made;
const [first] = events as readonly [StreamEvent, ...StreamEvent[]];

let offset = 0;
const written = (event: StreamEvent): OwnRecord => ({
  partition: 2,
  offset: offset++,
  content: { kind: 'event', event },
});
const watermark = (upTo: number, partition = 2, fromSlot = 0): OwnRecord => ({
  partition,
  offset: offset++,
  content: {
    kind: 'watermark',
    watermark: { source: 'l', fromSlot, slot: upTo, blockTime: 1, method: 'm', signatures: 0, endpoint: 'e' },
  },
});

describe('emissions read back', () => {
  it('are pending while only a record at confirmed stands, with the offset to read from', () => {
    offset = 7;
    const emissions = restoreEmissions(events.map(written));
    expect(emissions.pending(signature)?.slot).toBe(slot);
    expect(emissions.pendingOffsets()).toEqual(new Map([[2, 7]]));
  });

  it('are final once a record at finalized stands, whatever comes later', () => {
    const final = events.map((event) => restated(event, { commitment: 'finalized' }));
    const late = events.map((event) => restated(event, { retracted: true }));
    const emissions = restoreEmissions([...events, ...final, ...late].map(written));
    expect(emissions.isFinal(signature)).toBe(true);
    expect(emissions.pendingCount).toBe(0);
  });

  it('are final once an own watermark that covers the slot stands behind them in their partition', () => {
    expect(restoreEmissions([...events.map(written), watermark(slot)]).isFinal(signature)).toBe(true);
    expect(restoreEmissions([...events.map(written), watermark(slot - 1)]).isFinal(signature)).toBe(false);
    expect(restoreEmissions([watermark(slot), ...events.map(written)]).isFinal(signature)).toBe(false);
    expect(restoreEmissions([...events.map(written), watermark(slot, 1)]).isFinal(signature)).toBe(false);
    expect(restoreEmissions([...events.map(written), watermark(slot + 9, 2, slot + 1)]).isFinal(signature)).toBe(false);
    const [one, ...others] = events.map(written) as [OwnRecord, ...OwnRecord[]];
    expect(restoreEmissions([...others, watermark(slot), one]).isFinal(signature)).toBe(false);
  });

  it('are final, as for every reader, once a watermark covers the other slot in which they were written again', () => {
    const taken = events.map((event) => restated(event, { retracted: true }));
    const again = events.map((event) => ({ ...event, slot: slot + 1 }));
    const records = [...events, ...taken, ...again].map(written);
    expect(restoreEmissions([...records, watermark(slot)]).isFinal(signature)).toBe(false);
    expect(restoreEmissions([...records, watermark(slot + 1)]).isFinal(signature)).toBe(true);
  });

  it('of a failed transaction are final once a watermark covers them: they are not written a second time', () => {
    const failed = events.map((event) => ({ ...event, succeeded: false }));
    expect(restoreEmissions([...failed.map(written), watermark(slot)]).isFinal(signature)).toBe(true);
  });

  it('need a record at finalized when they were taken back and written again', () => {
    const taken = events.map((event) => restated(event, { retracted: true }));
    const emissions = restoreEmissions([...[...events, ...taken, ...events].map(written), watermark(slot)]);
    const pending = emissions.pending(signature);
    expect(pending).toBeDefined();
    if (pending !== undefined) expect(isVouched(pending, { slot, failed: !first.succeeded })).toBe(false);
  });

  it('are gone once taken back', () => {
    const taken = events.map((event) => restated(event, { retracted: true }));
    const emissions = restoreEmissions([...events, ...taken].map(written));
    expect(emissions.pendingCount).toBe(0);
    expect(emissions.wasTakenBack(signature)).toBe(true);
  });
});
