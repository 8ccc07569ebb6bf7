import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type Account, type Address, EMPTY_ACCOUNT, minimumBalance } from '../../accounts/account.ts';
import { newFeeMint, newTokenAccount, TOKEN_2022_PROGRAM } from '../../accounts/token-layout.ts';
import { executeTransaction } from '../../execution/execute.ts';
import { programAccounts } from '../../genesis.ts';
import { metaOf } from '../../transaction/meta.ts';
import { parseTransaction } from '../../transaction/wire.ts';
import { PROGRAMS } from '../program-table.ts';

const FIXTURES = new URL('../../../../../sdk/fixtures/recorded/', import.meta.url);
const MINT = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';

type TokenBalance = { accountIndex: number; mint: string; owner: string; uiTokenAmount: { amount: string } };
type Recorded = {
  label: string;
  json: {
    slot: number;
    blockTime: number;
    meta: {
      err: unknown;
      innerInstructions: unknown;
      logMessages: string[];
      preBalances: number[];
      postBalances: number[];
      preTokenBalances: TokenBalance[];
      postTokenBalances: TokenBalance[];
      computeUnitsConsumed: number;
    };
    transaction: { message: { accountKeys: string[] } };
  };
  base64: [string, string];
};

const recorded = readFileSync(new URL('transactions.ndjson', FIXTURES), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

/** Accounts that the story found already there: balances and token accounts as the recording shows them before. */
class Story {
  readonly accounts: Map<Address, Account> = new Map(programAccounts());
  /** Times an account's balance differed from what the last recorded transaction left. */
  corrections = 0;

  constructor() {
    const data = newFeeMint(MINT, 9, 10n ** 17n, { basisPoints: 10n, maximum: 10n ** 9n });
    this.accounts.set(MINT, {
      lamports: minimumBalance(data.length),
      owner: TOKEN_2022_PROGRAM,
      data,
      executable: false,
    });
  }

  meet({ json: { meta, transaction } }: Recorded): void {
    const tokens = new Map(meta.preTokenBalances.map((balance) => [balance.accountIndex, balance]));
    for (const [index, address] of transaction.message.accountKeys.entries()) {
      const lamports = BigInt(meta.preBalances[index] ?? 0);
      const known = this.accounts.get(address);
      const balance = tokens.get(index);
      if (known?.executable === true) {
        this.accounts.set(address, { ...known, lamports });
        continue;
      }
      if (known === undefined && balance !== undefined) {
        const data = newTokenAccount(182, balance.mint, balance.owner, BigInt(balance.uiTokenAmount.amount));
        this.accounts.set(address, { lamports, owner: TOKEN_2022_PROGRAM, data, executable: false });
      } else if (known === undefined) {
        if (lamports > 0n) this.accounts.set(address, { ...EMPTY_ACCOUNT, lamports });
      } else if (known.lamports !== lamports) {
        this.corrections++;
        this.accounts.set(address, { ...known, lamports });
      }
    }
  }

  run(entry: Recorded) {
    this.meet(entry);
    const transaction = parseTransaction(new Uint8Array(Buffer.from(entry.base64[0], 'base64')));
    const execution = executeTransaction(transaction, (address) => this.accounts.get(address) ?? null, {
      programs: PROGRAMS,
      slot: entry.json.slot,
      unixTimestamp: entry.json.blockTime,
    });
    if ('refused' in execution) throw new Error(`${entry.label}: refused ${JSON.stringify(execution.refused)}`);
    for (const [address, account] of execution.changed) this.accounts.set(address, account);
    return execution;
  }
}

/** Log lines without what depends on the compute units of the compiled program and on its source lines. */
function comparable(lines: readonly string[]): string[] {
  return lines.map((line) =>
    line
      .replace(/consumed \d+ of \d+/, 'consumed')
      .replace(/thrown in \S+\. /, 'occurred. ')
      .replace(/ invoke .*/, ' invoke'),
  );
}

describe('the program rules against the recording of the real program', () => {
  const story = new Story();
  const executions = recorded.map((entry) => ({ entry, execution: story.run(entry) }));

  it('accepts and refuses each transaction as the real program did, with the same error number', () => {
    expect(executions).toHaveLength(249);
    const outcomes = executions.map(({ entry, execution }) => [entry.label, execution.error]);
    expect(outcomes).toEqual(recorded.map((entry) => [entry.label, entry.json.meta.err]));
    expect(recorded.filter((entry) => entry.json.meta.err !== null)).toHaveLength(44);
  });

  it('moves the same lamports, and met at most one payment made outside of the recording', () => {
    for (const { entry, execution } of executions) {
      expect([entry.label, metaOf(execution)['postBalances']]).toEqual([entry.label, entry.json.meta.postBalances]);
    }
    expect(story.corrections).toBe(1);
  });

  it('calls the same programs with the same accounts and data', () => {
    for (const { entry, execution } of executions) {
      expect([entry.label, metaOf(execution).innerInstructions]).toEqual([
        entry.label,
        entry.json.meta.innerInstructions,
      ]);
    }
  });

  it('pays the same tokens to the same owners', () => {
    const amounts = (balances: TokenBalance[]) =>
      balances.map(({ accountIndex, mint, owner, uiTokenAmount }) => [accountIndex, mint, owner, uiTokenAmount.amount]);
    for (const { entry, execution } of executions) {
      const meta = metaOf(execution) as unknown as Recorded['json']['meta'];
      expect(amounts(meta.preTokenBalances)).toEqual(amounts(entry.json.meta.preTokenBalances));
      expect(amounts(meta.postTokenBalances)).toEqual(amounts(entry.json.meta.postTokenBalances));
    }
  });

  it('writes the same log lines, compute units and source positions aside', () => {
    for (const { entry, execution } of executions) {
      expect([entry.label, comparable(execution.logs)]).toEqual([entry.label, comparable(entry.json.meta.logMessages)]);
    }
  });

  it('leaves every account of the program with the same bytes and lamports', () => {
    type Snapshot = Record<string, { address: string; data: string; owner: string; lamports: number }>;
    const file = readFileSync(new URL('accounts.json', FIXTURES), 'utf8');
    const expected = Object.entries(JSON.parse(file) as Snapshot);
    expect(expected).toHaveLength(7);
    for (const [name, { address, data, owner, lamports }] of expected) {
      const account = story.accounts.get(address);
      expect([name, account?.owner, account?.lamports]).toEqual([name, owner, BigInt(lamports)]);
      expect([name, Buffer.from(account?.data ?? []).toString('hex')]).toEqual([
        name,
        Buffer.from(data, 'base64').toString('hex'),
      ]);
    }
  });
});
