import type { Account } from '../../core/accounts/account.ts';
import { encodeBase58 } from '../../core/encoding/base58.ts';
import { invalidParams } from '../rpc-error.ts';
import { type Config, integerOf } from './parameters.ts';

/** Rent epoch of an account that pays no rent: u64's greatest value, as far as JSON numbers carry it. */
const NO_RENT_EPOCH = Number(0xffff_ffff_ffff_ffffn);

/** An account as answers show it; jsonParsed falls back to base64, as for programs that a validator cannot parse. */
export function accountAnswer(account: Account | null, config: Config) {
  if (account === null) return null;
  const slice = config['dataSlice'] as { offset?: unknown; length?: unknown } | null | undefined;
  const data = slice
    ? account.data.subarray(
        integerOf(slice.offset, 'dataSlice.offset'),
        integerOf(slice.offset, 'dataSlice.offset') + integerOf(slice.length, 'dataSlice.length'),
      )
    : account.data;
  return {
    data: encodeData(data, config['encoding']),
    executable: account.executable,
    lamports: Number(account.lamports),
    owner: account.owner,
    rentEpoch: NO_RENT_EPOCH,
    space: account.data.length,
  };
}

function encodeData(data: Uint8Array, encoding: unknown): unknown {
  switch (encoding ?? 'binary') {
    case 'base64':
    case 'jsonParsed':
      return [Buffer.from(data).toString('base64'), 'base64'];
    case 'base58':
      return [encodeBase58(data), 'base58'];
    case 'binary':
      return encodeBase58(data);
    default:
      throw invalidParams(
        'Invalid params: encoding of account data must be base64, base58 or jsonParsed on this chain.',
      );
  }
}
