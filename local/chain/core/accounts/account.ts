/** A base58 address; the key of every account. */
export type Address = string;

/** One account. Immutable: a change makes a new value, so older slots keep theirs. */
export type Account = {
  readonly lamports: bigint;
  readonly owner: Address;
  readonly data: Uint8Array;
  readonly executable: boolean;
};

export const SYSTEM_PROGRAM = '11111111111111111111111111111111';

/** What an address that was never paid looks like. */
export const EMPTY_ACCOUNT: Account = {
  lamports: 0n,
  owner: SYSTEM_PROGRAM,
  data: new Uint8Array(0),
  executable: false,
};

/** Lamports an account of that many data bytes needs to be kept for ever (Solana: 128 bytes overhead, 6,960 a byte). */
export function minimumBalance(dataBytes: number): bigint {
  return BigInt(128 + dataBytes) * 6_960n;
}

/** The account of a program: executable, one lamport, no data worth reading. */
export function programAccount(owner: Address): Account {
  return { lamports: 1n, owner, data: new Uint8Array(0), executable: true };
}
