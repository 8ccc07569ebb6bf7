/** Random logs of one partition for property tests. */

import fc from 'fast-check';
import { event, mark, type WholeInput } from './records.ts';

export interface Placed {
  readonly offset: number;
  readonly input: WholeInput;
}

const source = fc.constantFrom('a', 'b', 'c');
/** Any record at all, contradictory ones included: few transactions and slots, so that they meet. */
const anyRecord: fc.Arbitrary<WholeInput> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record({
        tx: fc.integer({ min: 1, max: 14 }),
        slot: fc.integer({ min: 0, max: 79 }),
        source,
        kind: fc.constantFrom('confirmed', 'confirmed', 'finalized', 'retracted'),
        path: fc.constantFrom('0', '1.2'),
      })
      .map(event),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({
        tx: fc.integer({ min: 1, max: 14 }),
        slot: fc.integer({ min: 0, max: 79 }),
        source,
        kind: fc.constantFrom('confirmed', 'finalized'),
        succeeded: fc.constant(false),
      })
      .map(event),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        from: fc.integer({ min: 0, max: 79 }),
        length: fc.integer({ min: 0, max: 40 }),
        source,
        lateSecs: fc.integer({ min: -3, max: 12 }),
      })
      .map(({ from, length, source: by, lateSecs }) =>
        mark({ from, to: from + length, source: by, time: 10 + Math.floor((from + length) * 0.4) + lateSecs }),
      ),
  },
);

/** A partition's log: any records at rising offsets with gaps, as transaction markers leave them. */
export const anyLog: fc.Arbitrary<Placed[]> = fc
  .array(fc.record({ input: anyRecord, gap: fc.integer({ min: 0, max: 3 }) }), { minLength: 1, maxLength: 90 })
  .map((records) => {
    let offset = 0;
    return records.map(({ input, gap }) => ({ offset: (offset += 1 + gap), input }));
  });

/** Ten claims of epoch 0, whose slot 0 nobody proves, and as many watermarks as are wanted after them. */
export function halfProven(watermarks: number): Placed[] {
  const claims = Array.from({ length: 10 }, (_, i) => event({ tx: i + 1, slot: 5 }));
  const marks = Array.from({ length: watermarks }, (_, i) => mark({ from: i + 1, to: i + 1 }));
  return [...claims, ...marks].map((input, offset) => ({ offset, input }));
}
