import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Model, type Recorded, violationOf } from './checker.ts';
import { type RecordedOf, type SettlementAction, violationsOf, wronglyTold } from './history.ts';

type Register = { readonly write: number } | { readonly read: number };
const register: Model<number, Register> = {
  initial: 0,
  next: (value, action) => ('write' in action ? action.write : action.read === value ? value : undefined),
};
const at = (calledMs: number, answeredMs: number, action: Register): Recorded<Register> => ({
  calledMs,
  answeredMs,
  action,
});
const isPossible = (...operations: Recorded<Register>[]): boolean => violationOf(register, operations) === undefined;

describe('the checker', () => {
  it('finds a read of what was overwritten before it began', () => {
    const [one, two] = [at(0, 1, { write: 1 }), at(2, 3, { write: 2 })];
    expect(isPossible(one, two, at(4, 5, { read: 2 }))).toBe(true);
    expect(violationOf(register, [one, two, at(4, 5, { read: 1 })])?.action).toEqual({ read: 1 });
  });

  it('lets operations that overlap happen in either order, but in one', () => {
    const writes = [at(0, 10, { write: 1 }), at(0, 10, { write: 2 })];
    expect(isPossible(...writes, at(11, 12, { read: 1 }))).toBe(true);
    expect(isPossible(...writes, at(11, 12, { read: 2 }))).toBe(true);
    expect(isPossible(...writes, at(11, 12, { read: 1 }), at(13, 14, { read: 2 }))).toBe(false);
  });

  it('finds two clients that see two writes in different orders', () => {
    const writes = [at(0, 100, { write: 1 }), at(0, 100, { write: 2 })];
    const first = [at(10, 20, { read: 1 }), at(30, 40, { read: 2 })];
    expect(isPossible(...writes, ...first)).toBe(true);
    expect(isPossible(...writes, ...first, at(50, 60, { read: 1 }))).toBe(false);
  });

  it('lets an operation without an answer have happened at any later time, or never', () => {
    const lost = at(0, Number.POSITIVE_INFINITY, { write: 7 });
    expect(isPossible(lost, at(10, 11, { read: 0 }))).toBe(true);
    expect(isPossible(lost, at(10, 11, { read: 7 }))).toBe(true);
    expect(isPossible(lost, at(10, 11, { read: 0 }), at(12, 13, { read: 7 }))).toBe(true);
    expect(isPossible(lost, at(10, 11, { read: 7 }), at(12, 13, { read: 0 }))).toBe(false);
  });

  it('says of any history what trying every order says', () => {
    const action = fc.oneof(fc.record({ write: fc.nat(2) }), fc.record({ read: fc.nat(2) }));
    const operation = fc
      .tuple(fc.nat(12), fc.nat(6), action)
      .map(([calledMs, takesMs, of]) => at(calledMs, calledMs + takesMs, of));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 6 }), (operations) => {
        expect(isPossible(...operations)).toBe(someOrderHolds(operations, 0));
      }),
      { numRuns: 500 },
    );
  });

  it('is quick with hundreds of operations of which eight are always under way', () => {
    const operations = Array.from({ length: 400 }, (_, number) => {
      const isWrite = number % 8 === 0;
      return at(number, number + 8, isWrite ? { write: number / 8 } : { read: Math.floor(number / 8) });
    });
    expect(isPossible(...operations)).toBe(true);
    expect(isPossible(...operations, at(1000, 1001, { read: 3 }))).toBe(false);
  });
});

/** Every operation that no other one was answered before may be the next. */
function someOrderHolds(left: readonly Recorded<Register>[], value: number): boolean {
  if (left.length === 0) return true;
  return left.some((one) => {
    if (left.some((other) => other !== one && other.answeredMs < one.calledMs)) return false;
    const after = register.next(value, one.action);
    return (
      after !== undefined &&
      someOrderHolds(
        left.filter((other) => other !== one),
        after,
      )
    );
  });
}

describe('settlements', () => {
  const of = (calledMs: number, answeredMs: number, action: SettlementAction, root = 1): RecordedOf => ({
    root,
    calledMs,
    answeredMs,
    action,
  });
  const settled = [of(0, 1, { kind: 'settle', version: 1 }), of(2, 3, { kind: 'settle', version: 2 })];

  it('are judged root by root', () => {
    const stale = { kind: 'read', version: 1, atLeast: 0 } as const;
    expect(violationsOf([...settled, of(4, 5, stale)])).toHaveLength(1);
    expect(violationsOf([...settled, of(0, 1, { kind: 'settle', version: 1 }, 2), of(4, 5, stale, 2)])).toEqual([]);
  });

  it('may be answered from memory, but not from before the slot that was asked for, nor from the future', () => {
    const remembered = (version: number, atLeast: number): string[] =>
      violationsOf([...settled, of(4, 5, { kind: 'remembered', version, atLeast })]);
    expect(remembered(1, 0)).toEqual([]);
    expect(remembered(1, 1)).toEqual([]);
    expect(remembered(1, 2)).toHaveLength(1);
    expect(remembered(3, 0)).toHaveLength(1);
  });

  it('are not told before they are, not left out, not told twice, and in order', () => {
    expect(violationsOf([...settled, of(1.5, 1.5, { kind: 'told', version: 2 })])).toHaveLength(1);
    expect(violationsOf([...settled, of(4, 4, { kind: 'told', version: 1 })])).toEqual([]);
    const judged = (...versions: number[]): number => wronglyTold(new Map([[1, versions]]), new Map([[1, 3]])).length;
    expect([judged(1, 2, 3), judged(1, 3), judged(1, 2, 2, 3), judged(2, 1, 3), judged()]).toEqual([0, 1, 1, 1, 1]);
  });
});
