import { PROGRAM_ID } from '@attention-oracle/sdk';
import { describe, expect, it } from '@jest/globals';
import { recordType } from '../../../../schemas/records.ts';
import { recordedTransactions } from '../../testing/fixture-transactions.ts';
import { eventKey, restated, sameContent, toStreamEvents } from './stream-events.ts';

const ORIGIN = { source: 'listener-1', commitment: 'confirmed', programId: PROGRAM_ID } as const;
const recorded = recordedTransactions().map(({ answer }) => toStreamEvents(answer, ORIGIN));
const events = recorded.flatMap((transaction) => transaction.events);

describe('stream events', () => {
  it('gives one event for each of the 259 program instructions in the recording', () => {
    expect(events).toHaveLength(259);
    expect(new Set(events.map((event) => event.eventId)).size).toBe(259);
    expect(events.filter((event) => !event.succeeded)).toHaveLength(46);
    const claims = events.filter((event) => event.succeeded && event.instruction.action === 'claim');
    expect(claims).toHaveLength(186);
  });

  it('keeps what a reader needs of the transaction, so that nobody asks the chain again', () => {
    const claim = events.find((event) => event.succeeded && event.instruction.action === 'claim');
    expect(claim?.channel).toMatch(/^[^A-Z]+$/);
    expect(claim?.timestamp).toBe(new Date((claim?.tx.blockTime ?? 0) * 1000).toISOString());
    expect(claim?.tx.signers).toContain(claim?.tx.feePayer);
    expect(typeof claim?.instruction.data.amount).toBe('bigint');
    const failed = events.find((event) => !event.succeeded);
    expect(JSON.parse(failed?.tx.error ?? 'null')).toHaveProperty('InstructionError');
  });

  it('gives records that survive Avro unchanged', () => {
    const type = recordType('StreamEvent');
    for (const event of events) {
      const back = type.fromBuffer(type.toBuffer(event)) as typeof event;
      expect(sameContent([back], [event])).toBe(true);
      expect(back.source).toBe('listener-1');
    }
  });

  it('is the same for the live and the reconciling path but for the commitment', () => {
    for (const { answer } of recordedTransactions()) {
      const live = toStreamEvents(answer, ORIGIN).events;
      const final = toStreamEvents(answer, { ...ORIGIN, commitment: 'finalized', source: 'other' }).events;
      expect(sameContent(live, final)).toBe(true);
      expect(final.every((event) => event.commitment === 'finalized')).toBe(true);
    }
  });

  it('tells content apart that differs in a single field', () => {
    const [first] = events;
    if (first === undefined) throw new Error('the recording is empty');
    expect(sameContent([first], [{ ...first, slot: first.slot + 1 }])).toBe(false);
    expect(sameContent([first], [])).toBe(false);
    expect(sameContent([first], [restated(first, { retracted: true, commitment: 'finalized' })])).toBe(true);
  });

  it('keys an event by its channel, else by the protocol state, else by the program', () => {
    expect(eventKey({ channel: 'lofi', protocolState: 'P' }, 'X')).toBe('lofi');
    expect(eventKey({ channel: null, protocolState: 'P' }, 'X')).toBe('P');
    expect(eventKey({ channel: null, protocolState: null }, 'X')).toBe('X');
  });

  it('refuses an answer without meta with the code that makes the caller ask again', () => {
    expect(() => toStreamEvents({ slot: 1, meta: null, transaction: {} }, ORIGIN)).toThrow(
      expect.objectContaining({ code: 'TRANSACTION_META_MISSING' }),
    );
  });
});
