import { findDerivedAddress } from '../../accounts/derived-address.ts';
import { addressBytes, encodeAddress } from '../../encoding/base58.ts';
import type { AccountMeta } from '../../execution/account-meta.ts';
import type { InvokeContext } from '../../execution/invoke-context.ts';
import { failAnchor, ownedData } from './anchor.ts';

export const PROTOCOL_SEED = Buffer.from('protocol');
export const PROTOCOL_STATE_BYTES = 141;
const DISCRIMINATOR = '2133ad86238cc3f8';

const ADMIN = 10;
const PUBLISHER = 42;
const TREASURY = 74;
const MINT = 106;
const PAUSED = 138;
const REQUIRE_RECEIPT = 139;
const BUMP = 140;

export type ProtocolState = { admin: string; publisher: string; mint: string; paused: boolean; bump: number };

/** Bytes of a protocol_state as initialize_mint_open writes it: admin is publisher, the state is its own treasury. */
export function newProtocolState(admin: string, publisher: string, mint: string, address: string, bump: number) {
  const data = new Uint8Array(PROTOCOL_STATE_BYTES);
  data.set(Buffer.from(DISCRIMINATOR, 'hex'), 0);
  data[8] = 1;
  data[9] = 1;
  data.set(addressBytes(admin), ADMIN);
  data.set(addressBytes(publisher), PUBLISHER);
  data.set(addressBytes(address), TREASURY);
  data.set(addressBytes(mint), MINT);
  data[BUMP] = bump;
  return data;
}

/** Seeds of the protocol state: one per mint, or the old singleton. */
export function protocolSeeds(mint: string | null): Uint8Array[] {
  return mint === null ? [PROTOCOL_SEED] : [PROTOCOL_SEED, addressBytes(mint)];
}

/** Reads and checks the protocol_state account of an instruction. `perMint` false is the singleton's variant. */
export function readProtocolState(context: InvokeContext, meta: AccountMeta, perMint: boolean): ProtocolState {
  const data = ownedData(context, meta, DISCRIMINATOR, 'protocol_state');
  const state = {
    admin: encodeAddress(data.subarray(ADMIN, PUBLISHER)),
    publisher: encodeAddress(data.subarray(PUBLISHER, TREASURY)),
    mint: encodeAddress(data.subarray(MINT, PAUSED)),
    paused: data[PAUSED] === 1,
    bump: data[BUMP] ?? 0,
  };
  const derived = findDerivedAddress(protocolSeeds(perMint ? state.mint : null), context.programId);
  if (derived.address !== meta.address || derived.bump !== state.bump) {
    failAnchor(context, 'ConstraintSeeds', 'protocol_state');
  }
  return state;
}

/** Changes one field of the protocol_state account. */
export function writeProtocolState(
  context: InvokeContext,
  meta: AccountMeta,
  change: { admin?: Uint8Array; publisher?: Uint8Array; paused?: boolean; requireReceipt?: boolean },
): void {
  const data = context.account(meta.address).data.slice();
  if (change.admin) data.set(change.admin, ADMIN);
  if (change.publisher) data.set(change.publisher, PUBLISHER);
  if (change.paused !== undefined) data[PAUSED] = change.paused ? 1 : 0;
  if (change.requireReceipt !== undefined) data[REQUIRE_RECEIPT] = change.requireReceipt ? 1 : 0;
  context.write(meta.address, { data });
}
