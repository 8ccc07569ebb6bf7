import { addressBytes, encodeAddress } from '../encoding/base58.ts';
import type { Address } from './account.ts';

export const TOKEN_2022_PROGRAM = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';
const BASE_MINT_BYTES = 82;
const BASE_ACCOUNT_BYTES = 165;
const ACCOUNT_TYPE_MINT = 1;
const ACCOUNT_TYPE_ACCOUNT = 2;
const EXTENSION_TRANSFER_FEE_CONFIG = 1;
const EXTENSION_TRANSFER_FEE_AMOUNT = 2;
const EXTENSION_IMMUTABLE_OWNER = 7;
const TRANSFER_FEE_CONFIG_BYTES = 108;
/** Offset of the newer fee's maximum in the extension; its basis points follow. */
const NEWER_FEE_MAXIMUM = 98;
const OLDER_FEE_MAXIMUM = 80;

export type TransferFee = { basisPoints: bigint; maximum: bigint };
export type Mint = {
  supply: bigint;
  decimals: number;
  mintAuthority: Address | null;
  /** The newer of the two fees that the extension holds; null when the mint has no such extension. */
  transferFee: TransferFee | null;
};
export type TokenAccount = { mint: Address; owner: Address; amount: bigint };

/** Reads a Token-2022 mint, or null when the bytes are not an initialised one. */
export function readMint(data: Uint8Array): Mint | null {
  const plain = data.length === BASE_MINT_BYTES;
  if (!plain && !(data.length > BASE_ACCOUNT_BYTES && data[BASE_ACCOUNT_BYTES] === ACCOUNT_TYPE_MINT)) return null;
  if (data[45] !== 1) return null;
  const view = viewOf(data);
  return {
    mintAuthority: view.getUint32(0, true) === 1 ? encodeAddress(data.subarray(4, 36)) : null,
    supply: view.getBigUint64(36, true),
    decimals: view.getUint8(44),
    transferFee: plain ? null : readTransferFee(data),
  };
}

function readTransferFee(data: Uint8Array): TransferFee | null {
  const at = extensionAt(data, EXTENSION_TRANSFER_FEE_CONFIG);
  if (at === null) return null;
  const view = viewOf(data);
  return {
    maximum: view.getBigUint64(at + NEWER_FEE_MAXIMUM, true),
    basisPoints: BigInt(view.getUint16(at + NEWER_FEE_MAXIMUM + 8, true)),
  };
}

/** What a transfer leaves withheld: the share of the amount, rounded up, at most the maximum. */
export function transferFeeOf(fee: TransferFee | null, amount: bigint): bigint {
  if (fee === null || amount === 0n) return 0n;
  const share = (amount * fee.basisPoints + 9_999n) / 10_000n;
  return share < fee.maximum ? share : fee.maximum;
}

/** Reads a Token-2022 account, or null when the bytes are not an initialised one. */
export function readTokenAccount(data: Uint8Array): TokenAccount | null {
  const plain = data.length === BASE_ACCOUNT_BYTES;
  if (!plain && !(data.length > BASE_ACCOUNT_BYTES && data[BASE_ACCOUNT_BYTES] === ACCOUNT_TYPE_ACCOUNT)) return null;
  if (data[108] !== 1) return null;
  return {
    mint: encodeAddress(data.subarray(0, 32)),
    owner: encodeAddress(data.subarray(32, 64)),
    amount: viewOf(data).getBigUint64(64, true),
  };
}

/** A copy of a token account's bytes with another amount, and with more withheld for the mint. */
export function withAmount(data: Uint8Array, amount: bigint, withheld = 0n): Uint8Array {
  const copy = data.slice();
  const view = viewOf(copy);
  view.setBigUint64(64, amount, true);
  const at = withheld === 0n ? null : extensionAt(copy, EXTENSION_TRANSFER_FEE_AMOUNT);
  if (at !== null) view.setBigUint64(at, view.getBigUint64(at, true) + withheld, true);
  return copy;
}

/** A copy of a mint's bytes with another supply. */
export function withSupply(data: Uint8Array, supply: bigint): Uint8Array {
  const copy = data.slice();
  viewOf(copy).setBigUint64(36, supply, true);
  return copy;
}

/** Bytes of an associated account of the mint: immutable owner, and the withheld fee where the mint has fees. */
export function tokenAccountBytes(mint: Mint): number {
  return BASE_ACCOUNT_BYTES + 1 + 4 + (mint.transferFee === null ? 0 : 12);
}

/** Bytes of a new token account; its size decides whether a withheld-fee extension is written. */
export function newTokenAccount(size: number, mint: Address, owner: Address, amount = 0n): Uint8Array {
  const data = new Uint8Array(size);
  const view = viewOf(data);
  data.set(addressBytes(mint), 0);
  data.set(addressBytes(owner), 32);
  view.setBigUint64(64, amount, true);
  data[108] = 1;
  if (size === BASE_ACCOUNT_BYTES) return data;
  data[BASE_ACCOUNT_BYTES] = ACCOUNT_TYPE_ACCOUNT;
  view.setUint16(166, EXTENSION_IMMUTABLE_OWNER, true);
  if (size > 170) {
    view.setUint16(170, EXTENSION_TRANSFER_FEE_AMOUNT, true);
    view.setUint16(172, 8, true);
  }
  return data;
}

/** Bytes of a mint with a transfer-fee extension, as the token of the program has. */
export function newFeeMint(authority: Address, decimals: number, supply: bigint, fee: TransferFee): Uint8Array {
  const data = new Uint8Array(BASE_ACCOUNT_BYTES + 1 + 4 + TRANSFER_FEE_CONFIG_BYTES);
  const view = viewOf(data);
  view.setUint32(0, 1, true);
  data.set(addressBytes(authority), 4);
  view.setBigUint64(36, supply, true);
  data[44] = decimals;
  data[45] = 1;
  data[BASE_ACCOUNT_BYTES] = ACCOUNT_TYPE_MINT;
  view.setUint16(166, EXTENSION_TRANSFER_FEE_CONFIG, true);
  view.setUint16(168, TRANSFER_FEE_CONFIG_BYTES, true);
  data.set(addressBytes(authority), 170);
  data.set(addressBytes(authority), 202);
  view.setBigUint64(170 + NEWER_FEE_MAXIMUM, fee.maximum, true);
  view.setUint16(170 + NEWER_FEE_MAXIMUM + 8, Number(fee.basisPoints), true);
  return data;
}

/** Bytes of an account that is to be a mint, with its transfer fees; null where the account has no room for them, or has some. */
export function withTransferFees(
  data: Uint8Array,
  authorities: { change: Address | null; withdraw: Address | null },
  fee: TransferFee,
): Uint8Array | null {
  const at = BASE_ACCOUNT_BYTES + 1;
  if (data.length !== at + 4 + TRANSFER_FEE_CONFIG_BYTES || data.some((byte) => byte !== 0)) return null;
  const copy = new Uint8Array(data.length);
  const view = viewOf(copy);
  view.setUint16(at, EXTENSION_TRANSFER_FEE_CONFIG, true);
  view.setUint16(at + 2, TRANSFER_FEE_CONFIG_BYTES, true);
  if (authorities.change !== null) copy.set(addressBytes(authorities.change), at + 4);
  if (authorities.withdraw !== null) copy.set(addressBytes(authorities.withdraw), at + 36);
  for (const maximum of [at + 4 + OLDER_FEE_MAXIMUM, at + 4 + NEWER_FEE_MAXIMUM]) {
    view.setBigUint64(maximum, fee.maximum, true);
    view.setUint16(maximum + 8, Number(fee.basisPoints), true);
  }
  return copy;
}

/** Bytes of a mint; null where the account is one already, or has another size than a mint with its extensions. */
export function asMint(data: Uint8Array, decimals: number, authority: Address): Uint8Array | null {
  const isPlain = data.length === BASE_MINT_BYTES;
  const isWithFees = extensionAt(data, EXTENSION_TRANSFER_FEE_CONFIG) !== null;
  if ((!isPlain && !isWithFees) || data[45] === 1) return null;
  const copy = data.slice();
  viewOf(copy).setUint32(0, 1, true);
  copy.set(addressBytes(authority), 4);
  copy[44] = decimals;
  copy[45] = 1;
  if (!isPlain) copy[BASE_ACCOUNT_BYTES] = ACCOUNT_TYPE_MINT;
  return copy;
}

/** Where the bytes of an extension begin; null when the account does not have it. */
function extensionAt(data: Uint8Array, wanted: number): number | null {
  const view = viewOf(data);
  for (let at = BASE_ACCOUNT_BYTES + 1; at + 4 <= data.length; ) {
    const type = view.getUint16(at, true);
    if (type === 0) return null;
    if (type === wanted) return at + 4;
    at += 4 + view.getUint16(at + 2, true);
  }
  return null;
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}
