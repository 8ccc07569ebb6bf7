import {
  ASSOCIATED_TOKEN_PROGRAM_ID,
  associatedTokenAddress,
  createTokenAccount,
  createTokenMint,
  mintTokens,
  type ProgramInstruction,
  TOKEN_2022_PROGRAM_ID,
  TOKEN_MINT_BYTES,
} from '@attention-oracle/sdk';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ComputeBudgetProgram,
  type Keypair,
  PublicKey,
  SystemProgram,
  Transaction,
  TransactionInstruction,
} from '@solana/web3.js';
import { provisionLitesvm } from '../../bootstrap/litesvm.mjs';
import { EMPTY_ACCOUNT, minimumBalance } from './core/accounts/account.ts';
import type { TransactionError } from './core/execution/errors.ts';
import { parseTransaction } from './core/transaction/wire.ts';
import { type RunAnswer, runInLitesvm } from './testing/litesvm.ts';
import { keypair, startTestChain, type TestChain, toWeb3, version1Transaction } from './testing/test-chain.ts';

const LAMPORTS = 50_000_000_000n;
/** The program is not published, so its rules are checked against the recording; these are the rules of every transaction. */
const [payer, poor, target, mint] = [keypair('payer'), keypair('poor'), keypair('target'), keypair('new mint')];
const [treasury] = associatedTokenAddress(mint.publicKey, target.publicKey);
let watched: string[];
let test: TestChain;
let blockhash: string;
let folder: string | null = null;

beforeAll(async () => {
  test = await startTestChain({});
  for (const { publicKey } of [payer, target]) test.chain.control.fund(publicKey.toBase58(), LAMPORTS);
  test.chain.control.fund(poor.publicKey.toBase58(), 900_000n);
  blockhash = test.chain.state.blocks.hash(test.chain.control.slot('processed'));
  const tokens = [0, 1, 12, 20].map((index) => tokenAccountOf(index).toBase58());
  watched = [
    ...[payer, poor, target, mint].map(({ publicKey }) => publicKey.toBase58()),
    ...[...tokens, treasury.toBase58()],
  ];
  folder = await provisionLitesvm().catch((error: Error) => {
    process.stderr.write(`Not compared with litesvm: ${error.message}\n`);
    return null;
  });
});

afterAll(async () => {
  await test.close();
});

const transfer = (lamports: number, from: Keypair = payer, to = target.publicKey): TransactionInstruction =>
  SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports });
const times = (count: number, make: (index: number) => TransactionInstruction): TransactionInstruction[] =>
  Array.from({ length: count }, (_, index) => make(index));

type Asked = { limit?: number; loaded?: number; fee?: bigint; signer?: Keypair };
const version1 = (instructions: TransactionInstruction[], { limit = 100_000, loaded, fee = 0n, signer }: Asked = {}) =>
  version1Transaction({
    payer: signer ?? payer,
    blockhash,
    instructions,
    computeUnitLimit: limit,
    priorityFeeLamports: fee,
    ...(loaded === undefined ? {} : { loadedAccountsDataSizeLimit: loaded }),
  });

function legacy(
  instructions: (TransactionInstruction | ProgramInstruction)[],
  signer: Keypair = payer,
  ...others: Keypair[]
): Uint8Array {
  const transaction = new Transaction({ feePayer: signer.publicKey, recentBlockhash: blockhash });
  transaction.add(...instructions.map(toWeb3)).sign(signer, ...others);
  return transaction.serialize();
}

const unknownProgram = new TransactionInstruction({ programId: keypair('no program').publicKey, keys: [] });

const cases: [string, () => Uint8Array][] = [
  ['a transfer', () => legacy([transfer(1)])],
  ['the same again', () => legacy([transfer(1)])],
  ['a transfer in version 1', () => version1([transfer(2)])],
  ['with a priority fee in lamports', () => version1([transfer(3)], { fee: 777n })],
  ['64 instructions in version 1', () => version1(times(64, (index) => transfer(100 + index)))],
  ['too few compute units', () => version1([transfer(4)], { limit: 100 })],
  ['units for the first of two', () => version1([transfer(5), transfer(6)], { limit: 299 })],
  ['no compute units', () => version1([transfer(7)], { limit: 0 })],
  ['too few bytes of accounts', () => version1([transfer(8)], { loaded: 10 })],
  ['more than the payer has', () => version1([transfer(60_000_000_000)])],
  ['a priority fee that the payer has not', () => version1([transfer(9)], { fee: 10n ** 15n })],
  ['an account left below rent', () => version1([transfer(10, payer, keypair('new').publicKey)])],
  ['a payer left below rent', () => version1([transfer(890_000, poor)], { signer: poor })],
  ['a payer who has nothing', () => version1([], { signer: keypair('nobody') })],
  ['nothing to do', () => version1([])],
  ['a program that is not there', () => version1([unknownProgram])],
  ['a program that is none', () => version1([new TransactionInstruction({ programId: target.publicKey, keys: [] })])],
  [
    'a compute budget of its own',
    () => legacy([ComputeBudgetProgram.setComputeUnitLimit({ units: 1_000 }), transfer(11)]),
  ],
  ['one too small', () => legacy([ComputeBudgetProgram.setComputeUnitLimit({ units: 200 }), transfer(12)])],
  [
    'a price a unit',
    () =>
      legacy([
        ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 1_000_000 }),
        ComputeBudgetProgram.setComputeUnitLimit({ units: 5_000 }),
        transfer(13),
      ]),
  ],
  ['the same budget twice', () => legacy(times(2, () => ComputeBudgetProgram.setComputeUnitLimit({ units: 5_000 })))],
  [
    'budget instructions in version 1',
    () => version1([ComputeBudgetProgram.setComputeUnitLimit({ units: 5_000 }), transfer(14)], { limit: 200 }),
  ],
  ['a token account', () => version1([tokenAccount(0)])],
  [
    '12 token accounts, 60 instructions with what they call',
    () =>
      version1(
        times(12, (index) => tokenAccount(index + 1)),
        { limit: 1_400_000 },
      ),
  ],
  [
    '13, which are 65',
    () =>
      version1(
        times(13, (index) => tokenAccount(index + 20)),
        { limit: 1_400_000 },
      ),
  ],
  ['a mint', () => legacy(newMint(9), payer, mint)],
  ['the mint again', () => legacy(newMint(6), payer, mint)],
  [
    'an account of it, and tokens by its authority',
    () => legacy([createTokenAccount({ ...ofMint, payer: payer.publicKey }), minted(10n ** 17n)]),
  ],
  ['the account again', () => legacy([createTokenAccount({ ...ofMint, payer: payer.publicKey }), minted(1n)])],
  ['tokens by another', () => legacy([minted(2n, target)], target)],
  ['58 accounts', () => version1(times(58, (index) => transfer(1_000_000, payer, numbered(index))))],
];

const ofMint = { mint: mint.publicKey, owner: target.publicKey };

function newMint(decimals: number): ProgramInstruction[] {
  const [authority, rentLamports] = [payer.publicKey, minimumBalance(TOKEN_MINT_BYTES)];
  return createTokenMint({ payer: authority, mint: mint.publicKey, authority, decimals, rentLamports });
}

function minted(amount: bigint, authority: Keypair = payer): ProgramInstruction {
  return mintTokens({ mint: mint.publicKey, to: treasury, authority: authority.publicKey, amount });
}

/** Creating one takes five instructions: its own, and four that it calls. */
function tokenAccount(index: number): TransactionInstruction {
  const readonly = [numbered(index), test.genesis.mint, SystemProgram.programId, TOKEN_2022_PROGRAM_ID];
  return new TransactionInstruction({
    programId: new PublicKey(ASSOCIATED_TOKEN_PROGRAM_ID),
    keys: [
      { pubkey: payer.publicKey, isSigner: true, isWritable: true },
      { pubkey: tokenAccountOf(index), isSigner: false, isWritable: true },
      ...readonly.map((key) => ({ pubkey: new PublicKey(key), isSigner: false, isWritable: false })),
    ],
    data: Buffer.of(0),
  });
}

function tokenAccountOf(index: number): PublicKey {
  return new PublicKey(associatedTokenAddress(test.genesis.mint, numbered(index))[0].toBytes());
}

function numbered(index: number): PublicKey {
  return keypair(`account ${index}`).publicKey;
}

/** What the local chain makes of a transaction, in the words of litesvm. */
function runLocally(wire: Uint8Array): RunAnswer {
  const { state } = test.chain;
  const transaction = parseTransaction(wire);
  const outcome = state.isKnown(transaction)
    ? { refused: 'AlreadyProcessed' }
    : state.simulate(transaction, state.slot('processed'));
  state.process(transaction);
  const error: TransactionError | null = 'refused' in outcome ? outcome.refused : outcome.error;
  return {
    error: error === null ? null : inWordsOf(error),
    units: 'refused' in outcome ? 0 : outcome.unitsConsumed,
    accounts: watched.map(describeAccount),
  };
}

/** A validator tells a program that is not there from an account that is none; litesvm refuses both alike. */
const LITESVM_WORDS: Record<string, string> = { ProgramAccountNotFound: 'InvalidProgramForExecution' };

function describeAccount(address: string): string {
  const account = test.chain.control.account(address) ?? EMPTY_ACCOUNT;
  const { lamports, owner, data } = account;
  return lamports > 0n ? `${lamports} ${owner} ${Buffer.from(data).toString('base64')}` : '';
}

function inWordsOf(error: TransactionError): string {
  if (typeof error === 'string') return LITESVM_WORDS[error] ?? error;
  if ('InstructionError' in error) {
    const [index, inner] = error.InstructionError;
    return `InstructionError(${index}, ${typeof inner === 'string' ? inner : `Custom(${inner.Custom})`})`;
  }
  if ('InsufficientFundsForRent' in error) {
    return `InsufficientFundsForRent { account_index: ${error.InsufficientFundsForRent.account_index} }`;
  }
  return `DuplicateInstruction(${error.DuplicateInstruction})`;
}

describe('the local chain beside litesvm', () => {
  it('gives the same verdict, the same accounts, and compute units within 10 %', async () => {
    const wires = cases.map(([, make]) => make());
    const before = [...watched, test.genesis.mint].map((address) => {
      const { lamports, owner, data } = test.chain.control.account(address) ?? EMPTY_ACCOUNT;
      return { address, lamports: String(lamports), owner, base64: Buffer.from(data).toString('base64') };
    });
    const ours = wires.map(runLocally);
    expect(ours.some(({ error }) => error === null) && ours.some(({ error }) => error !== null)).toBe(true);
    if (folder === null) return;
    const theirs = await runInLitesvm({
      folder,
      accounts: before,
      watched,
      transactions: wires.map((wire) => Buffer.from(wire).toString('base64')),
    });
    const named = (answers: RunAnswer[]) =>
      answers.map(({ error, accounts }, index) => ({ transaction: cases[index]?.[0], error, accounts }));
    expect(named(ours)).toEqual(named(theirs));
    const tooFar = ours.flatMap(({ units }, index) => {
      const expected = theirs[index]?.units ?? Number.NaN;
      return Math.abs(units - expected) <= expected / 10 ? [] : [{ transaction: cases[index]?.[0], units, expected }];
    });
    expect(tooFar).toEqual([]);
  });
});
