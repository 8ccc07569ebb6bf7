import { describe, expect, it } from '@jest/globals';
import type { RootHistory } from './ledger-history.ts';
import {
  begun,
  done,
  failed,
  held,
  type Job,
  type Landing,
  landed,
  postponed,
  type RootToSettle,
  recalled,
  refused,
  settledBefore,
  unread,
} from './root-job.ts';

const root: RootToSettle = {
  ...{
    partition: 0,
    offset: 4n,
    nextOffset: 5n,
    channel: 'lacy',
    epoch: 9n,
    root: 'ab'.repeat(32),
    recordedAtMs: 0,
    count: 3,
  },
  ...{ startSlot: 90, endSlot: 99 },
};
const landing: Landing = {
  ...{ signature: 's', attempt: 1, lastValidBlockHeight: 9, slot: 8, feeLamports: 5000n, computeUnits: 1 },
};
const history = (change: Partial<RootHistory>): RootHistory => ({
  ...{ channel: 'lacy', epoch: 9n, root: root.root, firstRowOffset: 1n, open: new Map() },
  ...{ tally: { attempts: 2, failures: 0, lostLamports: 0n } },
  ...{ terminal: false, heldCode: undefined },
  ...change,
});
const openAttempt = { signature: 's', attempt: 2, lastValidBlockHeight: 9, confirmed: false };

const waiting = recalled(unread(root, 7), undefined);
const inFlight = begun(waiting, 's');

const states: Record<Job['kind'], Job> = {
  unread: unread(root, 7),
  waiting,
  held: held(waiting, 'PROTOCOL_PAUSED', 90),
  inFlight,
  landed: landed(inFlight, landing),
  done: done(waiting),
};
const transitions: Record<string, (job: Job) => Job> = {
  recalled: (job) => recalled(job, undefined),
  settledBefore,
  postponed: (job) => postponed(job, 1),
  refused: (job) => refused(job, 1),
  held: (job) => held(job, 'X', 1),
  begun: (job) => begun(job, 't'),
  landed: (job) => landed(job, landing),
  failed: (job) => failed(job, 's', 1, undefined),
  done,
};
/** The table of the README: what each transition makes of each state; states left out are refused. */
const table: Record<string, Partial<Record<Job['kind'], Job['kind']>>> = {
  recalled: { unread: 'waiting' },
  settledBefore: { unread: 'done' },
  postponed: { waiting: 'waiting', held: 'held' },
  refused: { waiting: 'waiting', held: 'held' },
  held: { waiting: 'held', held: 'held' },
  begun: { waiting: 'inFlight', held: 'inFlight' },
  landed: { inFlight: 'landed', landed: 'landed' },
  failed: { inFlight: 'waiting', landed: 'landed' },
  done: { waiting: 'done', held: 'done', inFlight: 'done', landed: 'done' },
};

describe('the states of a root', () => {
  const pairs = Object.keys(transitions).flatMap((name) => Object.keys(states).map((kind) => [name, kind] as const));

  it.each(pairs)('%s, from %s, is as the table says', (name, kind) => {
    const before = states[kind as Job['kind']];
    const next = (): Job | undefined => transitions[name]?.(before);
    const expected = table[name]?.[kind as Job['kind']];
    if (expected === undefined) expect(next).toThrow(`A root that is ${kind} became ${name}`);
    else expect(next()).toMatchObject({ kind: expected, root });
  });

  it('changes no state that it starts from', () => {
    for (const job of Object.values(states)) Object.freeze(job);
    expect(() => landed(failed(begun(states.held, 't'), 't', 1, undefined), landing)).toThrow(
      'a bug of the settlement worker',
    );
    expect(states.inFlight).toEqual({
      kind: 'inFlight',
      root,
      tally: { attempts: 1, failures: 0, lostLamports: 0n },
      open: new Set(['s']),
    });
  });

  it.each([
    [history({ terminal: true, open: new Map([['s', openAttempt]]) }), { kind: 'done' }],
    [history({ open: new Map([['s', openAttempt]]), heldCode: 'X' }), { kind: 'inFlight', open: new Set(['s']) }],
    [history({ heldCode: 'X' }), { kind: 'held', code: 'X', tally: { attempts: 2 }, notBeforeMs: 7 }],
    [history({}), { kind: 'waiting', tally: { attempts: 2 }, refusals: 0, notBeforeMs: 7 }],
  ])('goes on from the ledger (%#)', (known, expected) => {
    expect(recalled(unread(root, 7), known)).toMatchObject(expected);
  });

  it('is never done while a transaction may still land that nobody resolved', () => {
    const two = recalled(
      unread(root, 7),
      history({
        open: new Map([
          ['s', openAttempt],
          ['t', openAttempt],
        ]),
      }),
    );
    expect(() => done(two)).toThrow('done with transactions open');
    expect(() => done(landed(two, landing))).toThrow('done with transactions open');
    expect(done(landed(failed(two, 't', 1, undefined), landing)).kind).toBe('done');
    expect(failed(landed(two, landing), 't', 1, undefined)).toMatchObject({ kind: 'landed', open: new Set() });
    expect(failed(two, 't', 1, undefined)).toMatchObject({ kind: 'inFlight', open: new Set(['s']) });
  });

  it('doubles the pause after each refusal up to a minute, and starts anew after a transaction', () => {
    let job: Job = waiting;
    const pauses = Array.from({ length: 8 }, () => {
      job = refused(job, 100);
      return job.kind === 'waiting' ? job.notBeforeMs - 100 : undefined;
    });
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(failed(begun(job, 's'), 's', 100, undefined)).toMatchObject({ refusals: 0, notBeforeMs: 1100 });
  });
});
