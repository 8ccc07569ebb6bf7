/** What is read off an event: its claim, its record for the rule of vouching, its legacy line. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { addressOf, type ClaimSeed, claimEvent } from '../processors/epoch-roots/testing/records.ts';
import type { StreamEvent } from '../schemas/records.ts';
import { claimRecord, recordIdentity } from './claim-record.ts';
import { countedIfSucceeded } from './counted-claim.ts';
import { legacyLine } from './legacy-line.ts';
import { couldBeClaim } from './possible-claim.ts';
import { countedProtocolState } from './protocol-state.ts';

const MINE = addressOf(9);

function eventWith(seed: Partial<ClaimSeed>, change: (event: StreamEvent) => void = () => undefined): StreamEvent {
  const event = claimEvent({ tx: 3, slot: 70, ...seed });
  change(event);
  return event;
}

describe('the claim in an event', () => {
  it('is its content and place', () => {
    const event = eventWith({ channel: 'lofi', path: '2.1' });
    expect(countedIfSucceeded(event, MINE)).toEqual({
      eventId: `${event.signature}/2.1`,
      slot: 70,
      signature: event.signature,
      channel: 'lofi',
      claimer: event.instruction.data.claimer,
      amount: event.instruction.data.amount,
      id: 'lofi:3',
    });
  });

  it.each<[string, Partial<ClaimSeed>, (event: StreamEvent) => void]>([
    ['of another action', { action: 'other' }, () => undefined],
    ['of another mint', { protocolState: addressOf(8) }, () => undefined],
    ['without a channel', {}, (event) => (event.channel = null)],
    ['without a claimer', {}, (event) => (event.instruction.data.claimer = null)],
    ['without an amount', {}, (event) => (event.instruction.data.amount = null)],
    ['without an id', {}, (event) => (event.instruction.data.id = null)],
  ])('is none in one %s', (_, seed, change) => {
    expect(countedIfSucceeded(eventWith(seed, change), MINE)).toBeUndefined();
    expect(countedIfSucceeded(eventWith({ ...seed, succeeded: false }, change), MINE)).toBeUndefined();
  });

  it('is there too where the transaction failed, as what would have been counted', () => {
    const failed = eventWith({ succeeded: false });
    expect(countedIfSucceeded(failed, MINE)).toMatchObject({ id: failed.instruction.data.id });
  });

  it('is of any mint where the deployment names none', () => {
    expect(countedIfSucceeded(eventWith({ protocolState: addressOf(8) }), undefined)).toBeDefined();
    const [vector] = JSON.parse(
      readFileSync(new URL('../sdk/fixtures/vectors/pdas.json', import.meta.url), 'utf8'),
    ) as [{ mint: string; protocolState: string }];
    const programId = 'GnGzNdsQMxMpJfMeqnkGPsvHm8kwaDidiKjNU2dCVZop';
    expect(countedProtocolState(vector.mint, programId)).toBe(vector.protocolState);
    expect(countedProtocolState(undefined, programId)).toBeUndefined();
  });
});

describe('the record of an event', () => {
  const contentOf = ({ id }: { id: string }): string => id;

  it('says who saw it where, how final it was, and whether it was taken back', () => {
    expect(recordIdentity(eventWith({ source: 'b', kind: 'finalized' }), 12)).toEqual({
      eventId: eventWith({}).eventId,
      source: 'b',
      offset: 12,
      slot: 70,
      finalized: true,
      retracted: false,
    });
    expect(recordIdentity(eventWith({ kind: 'retracted' }), 12)).toMatchObject({ finalized: false, retracted: true });
  });

  it.each<[string, Partial<ClaimSeed>, object]>([
    ['a claim', {}, { content: 'stream-1:3', failed: false }],
    ['a claim that failed', { succeeded: false }, { content: undefined, failed: true }],
    ['a claim of another mint', { protocolState: addressOf(8) }, { content: undefined, failed: false }],
    [
      'a failed claim of another mint',
      { protocolState: addressOf(8), succeeded: false },
      { content: undefined, failed: false },
    ],
  ])('has the content, and the failure, of %s', (_, seed, said) => {
    const event = eventWith(seed);
    expect(claimRecord(event, 5, MINE, contentOf)).toEqual({ ...recordIdentity(event, 5), ...said });
  });

  it('is none for another action', () => {
    expect(claimRecord(eventWith({ action: 'other' }), 5, MINE, contentOf)).toBeUndefined();
  });
});

describe('an event of an action that only a newer release knows', () => {
  const named = (name: string, claimer: string | null): StreamEvent =>
    eventWith({}, (event) => {
      event.instruction.name = name;
      event.instruction.data.claimer = claimer;
    });

  it('may be a claim by its claimer, its name or its action, and by nothing else', () => {
    expect(couldBeClaim(named('tip', addressOf(1)), 'tip')).toBe(true);
    expect(couldBeClaim(named('bulk_Claim_v2', null), 'tip')).toBe(true);
    expect(couldBeClaim(named('tip', null), 'CLAIM_MANY')).toBe(true);
    expect(couldBeClaim(named('tip', null), 'tip')).toBe(false);
  });
});

describe('the legacy line of an event', () => {
  it('has the arguments that are there, 64-bit numbers as decimal text, and the channel', () => {
    const event = eventWith({ channel: 'lofi' }, ({ instruction }) => {
      instruction.data.amount = 2n ** 63n + 1n;
      instruction.data.requireReceipt = false;
    });
    event.timestamp = '2026-01-02T03:04:05.000Z';
    expect(legacyLine(event)).toEqual({
      ts: '2026-01-02T03:04:05.000Z',
      signature: event.signature,
      slot: 70,
      name: 'claim_channel_open',
      data: {
        channel: 'lofi',
        claimer: event.instruction.data.claimer,
        epoch: '1',
        index: 0,
        amount: '9223372036854775809',
        id: 'lofi:3',
        requireReceipt: false,
      },
    });
  });
});
