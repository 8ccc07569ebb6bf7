/** Why the program would refuse a claim, asked in the program's own order. */

import { bytesToHex, type ChannelState, PROGRAM_ERRORS, type ProtocolState } from '@attention-oracle/sdk';
import { describe, expect, it } from '@jest/globals';
import { type ClaimAccounts, refusalOf, ringEndOf } from './claimability.ts';

const ROOT = new Uint8Array(32).fill(7);
const OTHER = new Uint8Array(32).fill(8);
const PROOF = { epoch: 885n, root: bytesToHex(ROOT), index: 3, amount: 1_000n, recipe: 'claim-v0' };
const protocol: ProtocolState = {
  isInitialized: true,
  version: 1,
  admin: 'admin',
  publisher: 'publisher',
  treasury: 'treasury',
  mint: 'mint',
  paused: false,
  requireReceipt: false,
  bump: 255,
};

/** A channel whose ring has one root, in the place of an epoch. */
function channelWith(epoch: bigint, root = ROOT, claimed: readonly number[] = []): ChannelState {
  const marks = new Uint8Array(128);
  for (const index of claimed) marks[index >>> 3] = 1 << (index & 7);
  const ring = Array.from({ length: 10 }, (_, at) =>
    at === Number(epoch % 10n)
      ? { epoch, root, claimCount: claimed.length, claimed: marks }
      : { epoch: 0n, root: new Uint8Array(32), claimCount: 0, claimed: new Uint8Array(128) },
  );
  const layout = { accountBytes: 1782, ringOffset: 82, ringSlots: 10, claimsPerSlot: 1024 };
  return { version: 1, bump: 255, mint: 'mint', streamer: OTHER, latestEpoch: epoch, ring, layout };
}

const accounts = (changes: Partial<ClaimAccounts> = {}): ClaimAccounts => ({
  channel: channelWith(885n),
  protocol,
  treasuryAmount: 1_000n,
  ...changes,
});
const errorOf = (name: string): number => PROGRAM_ERRORS.find((error) => error.name === name)?.code ?? Number.NaN;

describe('a claim', () => {
  it('would be accepted where nothing is against it, the treasury holding just what it pays', () => {
    expect(refusalOf(PROOF, accounts())).toBeUndefined();
    expect(refusalOf({ ...PROOF, index: 1023 }, accounts())).toBeUndefined();
    expect(refusalOf({ ...PROOF, amount: 0n }, accounts({ treasuryAmount: null }))).toBeUndefined();
  });

  it('of a root with a zero byte is one of a root like any other', () => {
    const root = ROOT.with(4, 0);
    expect(
      refusalOf({ ...PROOF, root: bytesToHex(root) }, accounts({ channel: channelWith(885n, root) })),
    ).toBeUndefined();
  });

  it.each<[string, Partial<typeof PROOF>, Partial<ClaimAccounts>, string | null]>([
    ['RECIPE_NOT_CLAIMABLE', { recipe: 'participation' }, {}, 'InvalidProof'],
    ['ROOT_NOT_PUBLISHED', {}, { channel: null }, null],
    ['INDEX_TOO_HIGH', { index: 1024 }, {}, 'InvalidIndex'],
    ['ROOT_LEFT_RING', {}, { channel: channelWith(895n) }, 'SlotMismatch'],
    ['ROOT_NOT_PUBLISHED', {}, { channel: channelWith(875n) }, 'SlotMismatch'],
    ['ROOT_NOT_PUBLISHED', { epoch: 0n }, { channel: channelWith(0n, new Uint8Array(32)) }, null],
    ['ROOT_DIFFERS', {}, { channel: channelWith(885n, OTHER) }, 'InvalidProof'],
    ['ALREADY_CLAIMED', {}, { channel: channelWith(885n, ROOT, [3]) }, 'AlreadyClaimed'],
    ['PROGRAM_PAUSED', {}, { protocol: { ...protocol, paused: true } }, 'ProtocolPaused'],
    ['TREASURY_TOO_SMALL', {}, { treasuryAmount: 999n }, null],
    ['TREASURY_TOO_SMALL', {}, { treasuryAmount: null }, null],
  ])('is refused: %s (%j)', (reason, proof, changes, programError) => {
    expect(refusalOf({ ...PROOF, ...proof }, accounts(changes))).toEqual({
      claimable: false,
      reason,
      programError: programError === null ? null : errorOf(programError),
    });
  });

  it.each<[string, Partial<ClaimAccounts>]>([
    ['ACCOUNT_UNREADABLE', { protocol: null }],
    ['RECEIPT_REQUIRED', { protocol: { ...protocol, requireReceipt: true } }],
  ])('is neither where nobody can tell: %s', (reason, changes) => {
    expect(refusalOf(PROOF, accounts(changes))).toEqual({ claimable: null, reason, programError: null });
  });
});

describe('the end of a root in the ring', () => {
  const proof = { ...PROOF, startSlot: 1_000n, endSlot: 1_099n };
  const now = { slot: 1_600n, at: new Date(5_000_000), pace: { slotMs: 400 } };

  it('is when the epoch that takes its place is over, by the pace of the cluster', () => {
    // The ring has ten slots: slot 2,099 ends the epoch, 499 slots of 400 ms from now.
    expect(ringEndOf(proof, { channel: channelWith(885n) }, now)).toEqual({
      replacedByEpoch: 895n,
      replacedAbout: new Date(5_000_000 + 499 * 400),
    });
  });

  it('is now where that epoch is over already', () => {
    const end = ringEndOf(proof, { channel: channelWith(885n) }, { ...now, slot: 9_999n });
    expect(end?.replacedAbout).toEqual(now.at);
  });

  it('is at no known time without a pace, or beyond all dates', () => {
    const ends = [{ slotMs: undefined, reason: 'unknown' }, { slotMs: 8.64e15 }].map((pace) =>
      ringEndOf(proof, { channel: channelWith(885n) }, { ...now, pace }),
    );
    expect(ends).toEqual(ends.map(() => ({ replacedByEpoch: 895n, replacedAbout: null })));
    const last = { ...now, at: new Date(8.64e15), slot: 9_999n };
    expect(ringEndOf(proof, { channel: channelWith(885n) }, last)?.replacedAbout).toEqual(last.at);
  });

  it.each([
    ['there is no account', null],
    ['a later epoch has its place', channelWith(895n)],
    ['the ring has another root', channelWith(885n, OTHER)],
  ])('is not there where %s', (_what, channel) => {
    expect(ringEndOf(proof, { channel }, now)).toBeUndefined();
  });
});
