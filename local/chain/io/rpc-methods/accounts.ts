import { type Account, minimumBalance } from '../../core/accounts/account.ts';
import { readMint, readTokenAccount, TOKEN_2022_PROGRAM } from '../../core/accounts/token-layout.ts';
import { decodeBase58 } from '../../core/encoding/base58.ts';
import { uiTokenAmount } from '../../core/transaction/meta.ts';
import type { RpcMethods } from '../rpc-context.ts';
import { invalidParams } from '../rpc-error.ts';
import { accountAnswer } from './account-answers.ts';
import { addressOf, type Config, configAt, integerOf, slotFor, withContext } from './parameters.ts';

const MAX_ACCOUNTS = 100;

/** Accounts and balances. */
export const accountMethods: RpcMethods = {
  getAccountInfo(context, params) {
    const config = configAt(params, 1);
    const { commitment, slot } = slotFor(context, config);
    return withContext(slot, accountAnswer(context.view.account(addressOf(params[0]), commitment), config));
  },

  getMultipleAccounts(context, params) {
    if (!Array.isArray(params[0])) throw invalidParams('Invalid params: expected a list of addresses.');
    if (params[0].length > MAX_ACCOUNTS) throw invalidParams(`Too many inputs provided; max ${MAX_ACCOUNTS}`);
    const config = configAt(params, 1);
    const { commitment, slot } = slotFor(context, config);
    const addresses = params[0].map(addressOf);
    return withContext(
      slot,
      addresses.map((address) => accountAnswer(context.view.account(address, commitment), config)),
    );
  },

  getProgramAccounts(context, params) {
    const program = addressOf(params[0]);
    const config = configAt(params, 1);
    const { commitment, slot } = slotFor(context, config);
    const matches = filterOf(config);
    const value: unknown[] = [];
    for (const [pubkey] of context.state.accounts.ownedBy(program)) {
      const account = context.view.account(pubkey, commitment);
      if (account?.owner === program && matches(account))
        value.push({ account: accountAnswer(account, config), pubkey });
    }
    return config['withContext'] === true ? withContext(slot, value) : value;
  },

  getBalance(context, params) {
    const { commitment, slot } = slotFor(context, configAt(params, 1));
    return withContext(slot, Number(context.view.account(addressOf(params[0]), commitment)?.lamports ?? 0n));
  },

  getMinimumBalanceForRentExemption: (_, params) => Number(minimumBalance(integerOf(params[0], 'data length'))),

  getTokenAccountBalance(context, params) {
    const { commitment, slot } = slotFor(context, configAt(params, 1));
    const account = context.view.account(addressOf(params[0]), commitment);
    if (account === null) throw invalidParams('Invalid param: could not find account');
    const tokens = account.owner === TOKEN_2022_PROGRAM ? readTokenAccount(account.data) : null;
    const mint = tokens && readMint(context.view.account(tokens.mint, commitment)?.data ?? new Uint8Array(0));
    if (!tokens || !mint) throw invalidParams('Invalid param: not a Token account');
    return withContext(slot, uiTokenAmount(tokens.amount, mint.decimals));
  },
};

/** The condition that `filters` (dataSize, memcmp) set. */
function filterOf(config: Config): (account: Account) => boolean {
  const filters = config['filters'] ?? [];
  if (!Array.isArray(filters)) throw invalidParams('Invalid params: filters must be a list.');
  const tests = filters.map((filter: { dataSize?: unknown; memcmp?: Config }) => {
    if (filter.dataSize !== undefined) {
      const size = integerOf(filter.dataSize, 'dataSize');
      return (account: Account) => account.data.length === size;
    }
    const { offset, bytes, encoding } = filter.memcmp ?? {};
    const at = integerOf(offset, 'memcmp.offset');
    if (typeof bytes !== 'string') throw invalidParams('Invalid params: memcmp.bytes must be text.');
    const wanted = encoding === 'base64' ? Buffer.from(bytes, 'base64') : decodeBase58(bytes);
    if (wanted === null) throw invalidParams('Invalid param: Invalid');
    return (account: Account) => Buffer.compare(account.data.subarray(at, at + wanted.length), wanted) === 0;
  });
  return (account) => tests.every((test) => test(account));
}
