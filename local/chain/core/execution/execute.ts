import { type Account, type Address, EMPTY_ACCOUNT, minimumBalance } from '../accounts/account.ts';
import { readMint, readTokenAccount, TOKEN_2022_PROGRAM } from '../accounts/token-layout.ts';
import { readBudget } from '../programs/compute-budget.ts';
import { type LoadedAddresses, type ResolvedKeys, resolveKeys } from '../transaction/account-keys.ts';
import type { WireTransaction } from '../transaction/wire.ts';
import type { AccountMeta } from './account-meta.ts';
import { InstructionFailure, type TransactionError } from './errors.ts';
import { type InnerInstruction, InvokeContext, type ProgramTable } from './invoke-context.ts';

/** Accounts that one transaction may lock. */
const MAX_ACCOUNTS = 64;
/** What an account counts for beside its data when loaded bytes are summed up (SIMD-0186). */
const LOADED_ACCOUNT_BYTES = 64;

/** Reads an account as the transaction finds it; null when nothing is there. */
export type AccountReader = (address: Address) => Account | null;

export type TokenBalance = { accountIndex: number; mint: Address; owner: Address; amount: bigint; decimals: number };

/** Everything a transaction did, whether it succeeded or not. */
export type Execution = {
  error: TransactionError | null;
  feeLamports: bigint;
  microLamportsPerUnit: bigint;
  unitsConsumed: number;
  logs: string[];
  inner: { index: number; instructions: InnerInstruction[] }[];
  keys: AccountMeta[];
  loaded: LoadedAddresses;
  preBalances: bigint[];
  postBalances: bigint[];
  preTokens: TokenBalance[];
  postTokens: TokenBalance[];
  returnData: { programId: Address; data: Uint8Array } | null;
  /** Accounts as they are afterwards, only those that changed. */
  changed: Map<Address, Account>;
};

/** A transaction that never gets into a block: nothing is charged and nothing recorded. */
export type Refusal = {
  refused: TransactionError;
  /** Where only the fee cannot be paid: how a cluster that keeps such transactions (SIMD-0290) records it. */
  unpaid?: Execution;
};

/**
 * Runs a transaction against the accounts that `read` shows, without changing them. Signatures, blockhash and
 * duplicates are the caller's to check.
 */
export function executeTransaction(
  transaction: WireTransaction,
  read: AccountReader,
  environment: { programs: ProgramTable; slot: number; unixTimestamp: number },
): Execution | Refusal {
  const budget = readBudget(transaction);
  if ('refused' in budget) return budget;
  const resolved = resolveKeys(transaction, read);
  if ('error' in resolved) return { refused: resolved.error };
  const { metas, loaded } = resolved;
  if (metas.length > MAX_ACCOUNTS) return { refused: 'TooManyAccountLocks' };
  const before = new Map(metas.map(({ address }) => [address, read(address) ?? EMPTY_ACCOUNT]));
  const payer = metas[0]?.address ?? '';
  const payerAccount = before.get(payer) ?? EMPTY_ACCOUNT;
  const refusal = checkFeePayer(payerAccount, budget.feeLamports);
  if (refusal !== null) return { refused: refusal, unpaid: unpaidExecution(refusal, resolved, before) };
  if (loadedBytes(before) > budget.loadedBytes) return { refused: 'MaxLoadedAccountsDataSizeExceeded' };
  for (const { programIdIndex } of transaction.instructions) {
    const program = before.get(transaction.staticKeys[programIdIndex] ?? '') ?? EMPTY_ACCOUNT;
    if (!program.executable) {
      return { refused: program.lamports === 0n ? 'ProgramAccountNotFound' : 'InvalidProgramForExecution' };
    }
  }

  const charged = { ...payerAccount, lamports: payerAccount.lamports - budget.feeLamports };
  const accounts = new Map(before).set(payer, charged);
  const context = new InvokeContext({ accounts, computeUnitLimit: budget.computeUnitLimit, ...environment });
  const inner: Execution['inner'] = [];
  const error =
    runInstructions(transaction, metas, context, environment.programs, inner) ?? checkRent(metas, before, accounts);
  if (error !== null) {
    accounts.clear();
    for (const [address, account] of before) accounts.set(address, account);
    accounts.set(payer, charged);
  }
  const changed = new Map([...accounts].filter(([address, account]) => account !== before.get(address)));
  return {
    error,
    feeLamports: budget.feeLamports,
    microLamportsPerUnit: budget.microLamportsPerUnit,
    unitsConsumed: context.unitsConsumed,
    logs: context.logs.lines,
    inner,
    keys: metas,
    loaded,
    preBalances: metas.map(({ address }) => before.get(address)?.lamports ?? 0n),
    postBalances: metas.map(({ address }) => accounts.get(address)?.lamports ?? 0n),
    preTokens: tokenBalances(metas, before, read),
    postTokens: tokenBalances(metas, accounts, read),
    returnData: context.returnData,
    changed,
  };
}

function loadedBytes(accounts: ReadonlyMap<Address, Account>): number {
  let bytes = 0;
  for (const account of accounts.values()) {
    if (account !== EMPTY_ACCOUNT) bytes += LOADED_ACCOUNT_BYTES + account.data.length;
  }
  return bytes;
}

function unpaidExecution(
  error: TransactionError,
  { metas: keys, loaded }: ResolvedKeys,
  accounts: ReadonlyMap<Address, Account>,
): Execution {
  const balances = keys.map(({ address }) => accounts.get(address)?.lamports ?? 0n);
  return {
    error,
    feeLamports: 0n,
    microLamportsPerUnit: 0n,
    unitsConsumed: 0,
    logs: [],
    inner: [],
    keys,
    loaded,
    preBalances: balances,
    postBalances: balances,
    preTokens: [],
    postTokens: [],
    returnData: null,
    changed: new Map(),
  };
}

function checkFeePayer(payer: Account, feeLamports: bigint): TransactionError | null {
  if (payer.lamports === 0n) return 'AccountNotFound';
  if (payer.owner !== EMPTY_ACCOUNT.owner || payer.data.length > 0) return 'InvalidAccountForFee';
  if (payer.lamports < feeLamports) return 'InsufficientFundsForFee';
  const left = payer.lamports - feeLamports;
  return left > 0n && left < minimumBalance(0) ? { InsufficientFundsForRent: { account_index: 0 } } : null;
}

function runInstructions(
  transaction: WireTransaction,
  metas: readonly AccountMeta[],
  context: InvokeContext,
  programs: ProgramTable,
  inner: Execution['inner'],
): TransactionError | null {
  for (const [index, instruction] of transaction.instructions.entries()) {
    const program = programs.get(transaction.staticKeys[instruction.programIdIndex] ?? '');
    if (program === undefined) return { InstructionError: [index, 'UnsupportedProgramId'] };
    const accounts = Array.from(instruction.accounts, (key) => metas[key]).filter((meta) => meta !== undefined);
    try {
      context.run(program, accounts, instruction.data);
    } catch (error) {
      if (!(error instanceof InstructionFailure)) throw error;
      return { InstructionError: [index, error.error] };
    } finally {
      if (context.inner.length > 0) inner.push({ index, instructions: context.inner });
    }
  }
  return null;
}

/** An account may not be left with some lamports but fewer than its size needs. */
function checkRent(
  metas: readonly AccountMeta[],
  before: ReadonlyMap<Address, Account>,
  after: ReadonlyMap<Address, Account>,
): TransactionError | null {
  for (const [index, { address, writable }] of metas.entries()) {
    const [old, now] = [before.get(address), after.get(address)];
    if (!writable || now === undefined || now === old || now.lamports === 0n) continue;
    if (now.lamports >= minimumBalance(now.data.length)) continue;
    const wasShort = old !== undefined && old.lamports > 0n && old.lamports < minimumBalance(old.data.length);
    if (wasShort && old.data.length === now.data.length && now.lamports <= old.lamports) continue;
    return { InsufficientFundsForRent: { account_index: index } };
  }
  return null;
}

function tokenBalances(
  metas: readonly AccountMeta[],
  accounts: ReadonlyMap<Address, Account>,
  read: AccountReader,
): TokenBalance[] {
  const balances: TokenBalance[] = [];
  for (const [accountIndex, { address }] of metas.entries()) {
    const account = accounts.get(address);
    if (account?.owner !== TOKEN_2022_PROGRAM) continue;
    const tokens = readTokenAccount(account.data);
    if (tokens === null) continue;
    const mint = readMint((accounts.get(tokens.mint) ?? read(tokens.mint))?.data ?? new Uint8Array(0));
    if (mint === null) continue;
    const { mint: mintAddress, owner, amount } = tokens;
    balances.push({ accountIndex, mint: mintAddress, owner, amount, decimals: mint.decimals });
  }
  return balances;
}
