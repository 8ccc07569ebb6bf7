/** Random logs of one partition, as no correct listener would write them: contradictions, records that must not count, anything. */

import fc from 'fast-check';
import { addressOf, claimEvent, mark, type WholeInput } from '../../processors/epoch-roots/testing/records.ts';
import type { StreamEvent } from '../../schemas/records.ts';

/** Address of the protocol state that counts. */
export const COUNTED_STATE = addressOf(9);
const LAST_SLOT = 79;
/** Block time of slot 0, Unix seconds. */
const START_TIME = 1_700_000_000;

const source = fc.constantFrom('north', 'south', 'east');
const slot = fc.nat(LAST_SLOT);

/** What a broken listener may do to a record of a claim. */
const breakages: Readonly<Record<string, (event: StreamEvent) => void>> = {
  'NUL in the id': (event) => (event.instruction.data.id = 'a\0b'),
  'NUL in the channel': (event) => (event.channel = 'a\0b'),
  'NUL in the source': (event) => (event.source = 'a\0b'),
  'lone surrogate in the id': (event) => (event.instruction.data.id = '\ud800'),
  'lone surrogate in the channel': (event) => (event.channel = 'x\udfff'),
  'endless channel': (event) => (event.channel = 'x'.repeat(5000)),
  'negative block time': (event) => (event.tx.blockTime = -1),
  'block time beyond 9999': (event) => (event.tx.blockTime = 2 ** 50),
  'negative slot': (event) => (event.slot = -1),
  'slot beyond 2^53': (event) => (event.slot = 2 ** 60),
  'amount beyond 64 bits': (event) => (event.instruction.data.amount = 2n ** 64n),
  'negative amount': (event) => (event.instruction.data.amount = -1n),
  'claimer that is no address': (event) => (event.instruction.data.claimer = 'nobody'),
  'foreign signature': (event) => (event.signature = '1'),
  'no path in the event id': (event) => (event.eventId = event.signature),
  'another mint': (event) => (event.protocolState = addressOf(8)),
  'no protocol state': (event) => (event.protocolState = null),
  'no claimer': (event) => (event.instruction.data.claimer = null),
  'no channel': (event) => (event.channel = null),
  'another action': (event) => (event.instruction.action = 'setPolicy'),
};
const UNBROKEN = 'nothing';

const anyEvent = fc
  .record({
    tx: fc.integer({ min: 1, max: 9 }),
    path: fc.constantFrom('0', '1.2'),
    slot,
    source,
    kind: fc.constantFrom('confirmed' as const, 'confirmed' as const, 'finalized' as const, 'retracted' as const),
    succeeded: fc.constantFrom(true, true, true, false),
    channel: fc.constantFrom('ada', 'bob'),
    amount: fc.constantFrom(5n, 7n, 2n ** 64n - 1n),
    broken: fc.oneof(
      { weight: 7, arbitrary: fc.constant(UNBROKEN) },
      { weight: 1, arbitrary: fc.constantFrom(...Object.keys(breakages)) },
    ),
  })
  .map(({ amount, broken, tx, ...seed }) => (firstTx: number): WholeInput => {
    const value = claimEvent({ ...seed, tx: firstTx + tx, protocolState: COUNTED_STATE });
    value.instruction.data.amount = amount;
    breakages[broken]?.(value);
    return { name: 'StreamEvent', value };
  });

const anyWatermark = fc
  .record({
    from: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: slot }),
    length: fc.integer({ min: -1, max: 60 }),
    source,
    lateSecs: fc.integer({ min: -3, max: 30 }),
    broken: fc.constantFrom(UNBROKEN, UNBROKEN, UNBROKEN, UNBROKEN, UNBROKEN, 'time', 'source'),
  })
  .map(({ from, length, lateSecs, broken, source: by }) => (): WholeInput => {
    const time = broken === 'time' ? -1 : START_TIME + Math.floor((from + length) * 0.4) + lateSecs;
    return mark({ from, to: from + length, time, source: broken === 'source' ? 'a\0b' : by });
  });

/** Ends with watermarks of every source over all slots, so that every epoch is sealed somewhere. */
const ENDING: readonly WholeInput[] = ['north', 'south', 'east'].map((by) =>
  mark({ from: 0, to: LAST_SLOT + 100, source: by, time: START_TIME + 1000 }),
);

export interface WildLog {
  /** Its transactions are those from `firstTx` on, so that the events of many logs fit one database. */
  readonly recordsFrom: (firstTx: number) => WholeInput[];
  /** Records of each batch in which a reader gets them; the last size goes on. */
  readonly batchSizes: readonly number[];
}

/** Transactions that a log may name. */
export const TRANSACTIONS_A_LOG = 16;

export const wildLog: fc.Arbitrary<WildLog> = fc
  .record({
    records: fc.array(fc.oneof({ weight: 4, arbitrary: anyEvent }, { weight: 1, arbitrary: anyWatermark }), {
      minLength: 3,
      maxLength: 45,
    }),
    batchSizes: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
  })
  .map(({ records, batchSizes }) => ({
    recordsFrom: (firstTx) => [...records.map((record) => record(firstTx)), ...ENDING],
    batchSizes,
  }));
