/** Every reason to hold a root has a code, names what it is about, and says what to do. */

import { describe, expect, it } from '@jest/globals';
import * as holds from './holds.ts';
import type { Reason } from './reasons.ts';
import type { RootToSettle } from './root-job.ts';

const ROOT: RootToSettle = {
  ...{ partition: 0, offset: 4n, nextOffset: 5n, channel: 'lacy', epoch: 19n, root: 'ab'.repeat(32), recordedAtMs: 0 },
  ...{ count: 100, startSlot: 190, endSlot: 199 },
};
const PROTOCOL = { paused: false, admin: 'the-admin', publisher: 'the-publisher' };
const tally = { attempts: 6, failures: 5, lostLamports: 25_000n };

describe('why nothing may be sent', () => {
  it.each<[string, Reason | undefined, RegExp]>([
    [
      'PROTOCOL_STATE_UNREADABLE',
      holds.protocolHold({ unreadable: '142 bytes' }, 'x'),
      /\(142 bytes\).*run a release whose SDK/,
    ],
    [
      'PROTOCOL_NOT_INITIALIZED',
      holds.protocolHold(undefined, 'x'),
      /no protocol state on this chain; check MINT_PUBKEY/,
    ],
    ['PROTOCOL_PAUSED', holds.protocolHold({ ...PROTOCOL, paused: true }, 'the-admin'), /is paused; .{10,}/],
    [
      'UNAUTHORIZED',
      holds.protocolHold(PROTOCOL, 'me'),
      /key me is neither the admin the-admin nor the publisher the-publisher; set SETTLEMENT_KEYPAIR/,
    ],
    [
      'EPOCH_NOT_ABOVE_RING',
      holds.passedHold(ROOT, { kind: 'passed', epochInSlot: 29n, requiredEpochBase: 40n }),
      /of lacy holds epoch 29.*refuse epoch 19 .*--to 40 --later.*SETTLEMENT_GIVE_UP=lacy:19 passes/,
    ],
    [
      'CONFLICT',
      holds.conflictReason(ROOT, 'cdcd'),
      /holds root cdcd for epoch 19, not ours; later roots of lacy.*set SETTLEMENT_GIVE_UP=lacy:19/,
    ],
    [
      'CHANNEL_STOPPED',
      holds.stoppedHold(ROOT, 17n),
      /^lacy is stopped by the conflict of epoch 17; set SETTLEMENT_GIVE_UP=lacy:17/,
    ],
    [
      'CHANNEL_ACCOUNT_UNREADABLE',
      holds.unreadableHold(ROOT, { unreadable: '9 bytes' }),
      /of lacy cannot be read \(9 bytes\).*run a release/,
    ],
    [
      'ROOT_UNPUBLISHABLE',
      holds.unpublishableHold(ROOT, 'too long'),
      /carry this root: too long\. .*SETTLEMENT_GIVE_UP=lacy:19 passes it over/,
    ],
    [
      'ATTEMPTS_EXHAUSTED',
      holds.exhaustedHold(ROOT, tally),
      /^5 transactions .* cost 25000 lamports.*raise SETTLEMENT_MAX_FAILURES.*=lacy:19/,
    ],
    [
      'CHAIN_CALL_FAILED',
      holds.callFailedHold('simulate', new Error('no such method')),
      /answer simulate .*\(no such method\).*Add another endpoint/,
    ],
    ['INSUFFICIENT_FUNDS', holds.fundsHold(7n, 9n), /holds 7 lamports and the transaction needs 9; send it SOL/],
    [
      'WAITING_BEHIND',
      holds.behindHold(ROOT, { ...ROOT, epoch: 12n }, 'CONFLICT'),
      /roots of lacy before it.*epoch 12, which is held \(CONFLICT\); it follows/,
    ],
    [
      'WAITING_BEHIND',
      holds.behindHold(ROOT, { ...ROOT, epoch: 12n }, undefined),
      /epoch 12, which is on its way; it follows by itself/,
    ],
    ['AUTO_PUBLISH_OFF', holds.autoPublishHold('this'), /^would send this; set AUTO_PUBLISH=true to publish/],
    [
      'GIVEN_UP',
      holds.givenUpReason(ROOT, 'a conflict', undefined),
      /^passed over by SETTLEMENT_GIVE_UP for lacy up to epoch 19: a conflict/,
    ],
    ['GIVEN_UP', holds.givenUpReason(ROOT, 'a conflict', 'ann'), /^passed over by ann for lacy/],
    ['SETTLED_BEFORE', holds.SETTLED_BEFORE, /on chain already: its record came again/],
    ['PUBLISHED_BEFORE', holds.PUBLISHED_BEFORE, /history of the channel has this root/],
  ])('%s: %j', (code, reason, sentence) => {
    expect(reason?.code).toBe(code);
    expect(reason?.text).toMatch(sentence);
  });

  it.each(['the-admin', 'the-publisher'])('nothing stands in the way of %s', (payer) => {
    expect(holds.protocolHold(PROTOCOL, payer)).toBeUndefined();
  });

  it('of an answer that is endless no more is told than fits a line', () => {
    expect(holds.callFailedHold('simulate', new Error('x'.repeat(5000))).text.length).toBeLessThan(500);
  });

  it('those that stand for themselves are no trouble', () => {
    expect([...holds.EXPECTED_HOLDS].sort()).toEqual([
      ...['AUTO_PUBLISH_OFF', 'LET_GO_BY_PERSON', 'POLICY_LEGACY_PUBLISHES', 'WAITING_BEHIND'],
    ]);
  });
});
