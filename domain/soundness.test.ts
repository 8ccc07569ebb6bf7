import { describe, expect, it } from '@jest/globals';
import { addressOf, claimEvent, watermark } from '../processors/epoch-roots/testing/records.ts';
import type { StreamEvent } from '../schemas/records.ts';
import { eventProblem, watermarkProblem } from './soundness.ts';

const RULES = { schedule: { durationSlots: 10, base: 0n }, protocolState: addressOf(9) };

function problemWith(change: (event: StreamEvent) => void, rules = RULES): string | undefined {
  const event = claimEvent({ tx: 1, slot: 5 });
  change(event);
  return eventProblem(event, rules);
}

describe('a record that no root may hold', () => {
  it.each<[string, (event: StreamEvent) => void, RegExp]>([
    ['NUL in the id', (event) => (event.instruction.data.id = 'a\0'), /its id contains a NUL/],
    ['NUL in the channel', (event) => (event.channel = '\0'), /its channel contains a NUL/],
    ['NUL in the source', (event) => (event.source = '\0'), /its source contains a NUL/],
    ['half a surrogate pair', (event) => (event.instruction.data.id = '\ud800'), /its id is not well-formed/],
    ['a channel of 2,049 bytes', (event) => (event.channel = `${'ä'.repeat(1024)}b`), /its channel is longer/],
    ['a block time before 1970', (event) => (event.tx.blockTime = -1), /block time is not between/],
    ['a block time after 9999', (event) => (event.tx.blockTime = 253_402_300_800), /block time is not between/],
    ['a negative slot', (event) => (event.slot = -1), /its slot is not between/],
    ['a slot that no number holds', (event) => (event.slot = 2 ** 53), /its slot is not between/],
    ['an amount beyond 64 bits', (event) => (event.instruction.data.amount = 2n ** 64n), /its amount/],
    ['a negative amount', (event) => (event.instruction.data.amount = -1n), /its amount/],
    ['an epoch argument beyond 64 bits', (event) => (event.instruction.data.epoch = 2n ** 64n), /its epoch argument/],
    ['a claimer that is no address', (event) => (event.instruction.data.claimer = 'nobody'), /its claimer/],
    ['a claimer of 31 bytes', (event) => (event.instruction.data.claimer = '1'.repeat(31)), /its claimer/],
    ['another signature than its id', (event) => (event.signature = '1'), /does not begin with its signature/],
    ['no path in its id', (event) => (event.eventId = event.signature), /its event id is not/],
    ['a sign before its id', (event) => (event.eventId = `0${event.eventId}`), /its event id is not/],
    ['a sign behind its id', (event) => (event.eventId += '-'), /its event id is not/],
    ['a path of six digits', (event) => (event.eventId = `${event.signature}/100000`), /its event id is not/],
  ])('is one with %s', (_, change, why) => {
    expect(problemWith(change)).toMatch(why);
    // A failure is left out where the claim would be, or it would outrank a claim that counts.
    expect(
      problemWith((event) => {
        event.succeeded = false;
        change(event);
      }),
    ).toMatch(why);
  });

  it('is one whose epoch number no store holds', () => {
    const rules = { ...RULES, schedule: { durationSlots: 10, base: 2n ** 53n } };
    expect(problemWith(() => undefined, rules)).toMatch(/its epoch is not between/);
  });

  it('is none at the edges of what may be', () => {
    const edges: ((event: StreamEvent) => void)[] = [
      () => undefined,
      (event) => (event.tx.blockTime = null),
      (event) => (event.tx.blockTime = 0),
      (event) => (event.tx.blockTime = 253_402_300_799),
      (event) => (event.instruction.data.amount = 2n ** 64n - 1n),
      (event) => (event.instruction.data.epoch = null),
      (event) => (event.channel = 'ä'.repeat(1024)),
      (event) => (event.slot = 0),
      (event) => (event.instruction.data.amount = 0n),
      (event) => (event.eventId = `${event.signature}/12345`),
      (event) => (event.eventId = `${event.signature}/12.34567`),
    ];
    for (const change of edges) expect(problemWith(change)).toBeUndefined();
  });

  it('is one whose protocol state no store holds, where every state is counted', () => {
    const rules = { schedule: RULES.schedule, protocolState: undefined };
    const problem = (state: string | null): string | undefined =>
      eventProblem({ ...claimEvent({ tx: 1, slot: 5 }), protocolState: state }, rules);
    expect(problem('a\0')).toMatch(/its protocol state contains a NUL/);
    expect(problem(addressOf(8))).toBeUndefined();
    expect(problem(null)).toBeUndefined();
  });

  it('is judged by its identity alone where its claim would not count anyway', () => {
    const foreign = (event: StreamEvent): void => {
      event.protocolState = addressOf(8);
      event.instruction.data.id = '\0';
    };
    expect(problemWith(foreign)).toBeUndefined();
    expect(
      problemWith((event) => {
        foreign(event);
        event.source = '\0';
      }),
    ).toMatch(/source/);
  });
});

describe('a watermark that proves nothing', () => {
  const good = watermark({ from: 0, to: 10, time: 100 });

  it.each([
    ['backwards', { fromSlot: 9, slot: 8 }, /proves no range: 9 to 8/],
    ['below slot 0', { fromSlot: -1 }, /first slot/],
    ['beyond 2^53', { slot: 2 ** 53 }, /last slot/],
    ['of a time before 1970', { blockTime: -1 }, /block time/],
    ['with NUL in its source', { source: 'a\0' }, /its source contains a NUL/],
    ['with NUL in its method', { method: '\0' }, /its method/],
    ['with an endless endpoint', { endpoint: 'x'.repeat(513) }, /its endpoint is longer/],
    ['with a negative count', { signatures: -1 }, /count of signatures/],
  ])('is one %s', (_, change, why) => {
    expect(watermarkProblem({ ...good, ...change })).toMatch(why);
  });

  it('is none at the edges of what may be', () => {
    expect(watermarkProblem(good)).toBeUndefined();
    expect(watermarkProblem({ ...good, fromSlot: 0, slot: 0, blockTime: 0 })).toBeUndefined();
  });
});
