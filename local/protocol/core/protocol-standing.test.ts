import { PROGRAM_ID, type ProtocolState } from '@attention-oracle/sdk';
import { describe, expect, it } from '@jest/globals';
import { Keypair } from '@solana/web3.js';
import { ADMIN_LAMPORTS, type ProtocolFacts, standingOf, type WantedProtocol } from './protocol-standing.ts';

const named = (name: string): string => Keypair.fromSeed(Buffer.from(name.padEnd(32, '.'))).publicKey.toBase58();
const [admin, other, publisher, mint] = [named('admin'), named('other'), named('publisher'), named('mint')];

const wanted: WantedProtocol = {
  ...{ programId: PROGRAM_ID, mint, admin, publisher: null, treasuryAmount: 1_000n, canMakeMint: true },
};
const state: ProtocolState = {
  ...{ isInitialized: true, version: 1, admin, publisher: admin, treasury: admin, mint },
  ...{ paused: false, requireReceipt: false, bump: 255 },
};
const empty: ProtocolFacts = {
  ...{ hasProgram: true, mint: null, protocol: null, treasury: null, adminLamports: ADMIN_LAMPORTS },
};
const open: ProtocolFacts = {
  ...empty,
  mint: { decimals: 9, supply: 1_000n, authority: admin },
  protocol: state,
  treasury: 1_000n,
};

const judged = (facts: Partial<ProtocolFacts>, want: Partial<WantedProtocol> = {}, base = open) =>
  standingOf({ ...base, ...facts }, { ...wanted, ...want });
const lacks = (...given: Parameters<typeof judged>) =>
  judged(...given).lacks.map(({ code, sentence }) => `${code} ${sentence}`);

describe('what there is to do on a chain', () => {
  it('is everything where nothing is, in the order in which it must be done', () => {
    expect(judged({}, {}, empty)).toEqual({
      steps: ['make the mint', 'open the protocol', 'make the treasury', 'fill the treasury'],
      lacks: [],
    });
    expect(judged({}, { publisher }, empty).steps).toContain('name the publisher');
    expect(judged({ adminLamports: ADMIN_LAMPORTS - 1n }, {}, empty).steps[0]).toBe('fund the administrator');
  });

  it('is nothing where all is there, whatever the key has', () => {
    expect(judged({ adminLamports: 0n })).toEqual({ steps: [], lacks: [] });
  });

  it('is to name the publisher where another one stands there, and to fill what is not full', () => {
    expect(judged({ treasury: 1n }, { publisher }).steps).toEqual(['name the publisher', 'fill the treasury']);
    expect(judged({}, { publisher: admin }).steps).toEqual([]);
  });
});

describe('what a chain lacks that the key cannot make is said', () => {
  const elsewhere = { ...state, admin: other, publisher: other };
  it.each([
    ['no program', { hasProgram: false }, {}, /INCOMPLETE There is no program GnGz.*deploy it/],
    ['no mint, and no key of it', { mint: null }, { canMakeMint: false }, /INCOMPLETE The mint .* only its own key/],
    ['an account that is no mint', { mint: 'foreign' as const }, {}, /INCOMPLETE .* is no Token-2022 mint/],
    ['a protocol of somebody else', { protocol: elsewhere }, {}, /FORBIDDEN The key .* is neither admin \(.*\) nor/],
    [
      'a publisher without an admin who could name it',
      { protocol: { ...elsewhere, publisher: admin } },
      { publisher },
      /FORBIDDEN .* may not publish/,
    ],
    ['a pause', { protocol: { ...state, paused: true } }, {}, /INCOMPLETE .* is paused/],
    ['receipts', { protocol: { ...state, requireReceipt: true } }, {}, /INCOMPLETE .* asks for a receipt/],
    [
      'an empty treasury of a mint of somebody else',
      { treasury: 0n, mint: { decimals: 9, supply: 0n, authority: other } },
      {},
      /INCOMPLETE The treasury .* holds no tokens, and only/,
    ],
    [
      'an empty treasury of a mint that nobody mints',
      { treasury: null, mint: { decimals: 9, supply: 0n, authority: null } },
      {},
      /nobody can mint/,
    ],
  ])('%s', (_name, facts, want, sentence) => {
    const said = lacks(facts, want);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(sentence);
  });

  it('not where the key may publish, or the treasury still holds something', () => {
    expect(lacks({ protocol: { ...elsewhere, publisher: admin } })).toEqual([]);
    expect(lacks({ treasury: 1n, mint: { decimals: 9, supply: 0n, authority: other } })).toEqual([]);
  });
});
