import type { Address } from '../accounts/account.ts';
import { encodeAddress } from '../encoding/base58.ts';
import type { AccountMeta } from '../execution/account-meta.ts';
import { isStaticWritable, type WireTransaction } from './wire.ts';

export const LOOKUP_TABLE_PROGRAM = 'AddressLookupTab1e1111111111111111111111111';
/** Bytes before the first address of a lookup table account. */
export const LOOKUP_TABLE_HEADER_BYTES = 56;

export type LoadedAddresses = { writable: Address[]; readonly: Address[] };
export type ResolvedKeys = {
  /** Static keys, then loaded writable ones, then loaded read-only ones. */
  metas: AccountMeta[];
  loaded: LoadedAddresses;
};

/** Reads the accounts a lookup table names; the reader answers owner and data of an address, or null. */
export type TableReader = (table: Address) => { owner: Address; data: Uint8Array } | null;

/** All account keys of a transaction in index order, or the transaction error that a lookup table causes. */
export function resolveKeys(transaction: WireTransaction, readTable: TableReader): ResolvedKeys | { error: string } {
  const loaded: LoadedAddresses = { writable: [], readonly: [] };
  for (const lookup of transaction.lookups) {
    const table = readTable(lookup.table);
    if (table === null) return { error: 'AddressLookupTableNotFound' };
    if (table.owner !== LOOKUP_TABLE_PROGRAM) return { error: 'InvalidAddressLookupTableOwner' };
    if (table.data.length < LOOKUP_TABLE_HEADER_BYTES) return { error: 'InvalidAddressLookupTableData' };
    const count = Math.floor((table.data.length - LOOKUP_TABLE_HEADER_BYTES) / 32);
    for (const kind of ['writable', 'readonly'] as const) {
      for (const index of lookup[kind]) {
        if (index >= count) return { error: 'InvalidAddressLookupTableIndex' };
        const at = LOOKUP_TABLE_HEADER_BYTES + index * 32;
        loaded[kind].push(encodeAddress(table.data.subarray(at, at + 32)));
      }
    }
  }
  const metas: AccountMeta[] = transaction.staticKeys.map((address, index) => ({
    address,
    signer: index < transaction.numRequiredSignatures,
    writable: isStaticWritable(transaction, index),
  }));
  for (const address of loaded.writable) metas.push({ address, signer: false, writable: true });
  for (const address of loaded.readonly) metas.push({ address, signer: false, writable: false });
  if (new Set(metas.map((meta) => meta.address)).size !== metas.length) return { error: 'AccountLoadedTwice' };
  return { metas, loaded };
}

/** Data of an address lookup table account that is never deactivated. */
export function newLookupTable(addresses: readonly Uint8Array[]): Uint8Array {
  const data = Buffer.alloc(LOOKUP_TABLE_HEADER_BYTES + addresses.length * 32);
  data.writeUInt32LE(1, 0);
  data.writeBigUInt64LE(0xffff_ffff_ffff_ffffn, 4);
  addresses.forEach((address, index) => data.set(address, LOOKUP_TABLE_HEADER_BYTES + index * 32));
  return new Uint8Array(data);
}
