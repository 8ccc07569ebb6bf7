import { type ChannelState, decodeChannelState, ringSlotOf } from '../accounts/channel-state.ts';
import { decodeProtocolState, type ProtocolState } from '../accounts/protocol-state.ts';
import { type AddressInput, bytesToHex } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { Address } from '../program/address.ts';
import { channelStateAddress, protocolStateAddress } from '../program/addresses.ts';
import type { ChainConnection, Commitment } from './chain-connection.ts';

/** Whose accounts are read. */
export interface Deployment {
  connection: ChainConnection;
  programId: Address;
  mint: Address;
}

/** A channel's state, or null when it has none yet. */
export async function readChannelState(
  deployment: Deployment,
  channel: string,
  commitment: Commitment,
): Promise<ChannelState | null> {
  const [address] = channelStateAddress(deployment.mint, channel, deployment.programId);
  const data = await readOwnedAccount(deployment, address, commitment);
  return data === null ? null : decodeChannelState(data);
}

/** The mint's protocol state, or null when the mint was never initialised. */
export async function readProtocolState(deployment: Deployment, commitment: Commitment): Promise<ProtocolState | null> {
  const [address] = protocolStateAddress(deployment.mint, deployment.programId);
  const data = await readOwnedAccount(deployment, address, commitment);
  return data === null ? null : decodeProtocolState(data);
}

/** What a channel's ring says of a root: `open` may be published, `settled` is there, the others can never be. */
export type RootStanding = 'open' | 'settled' | 'conflict' | 'passed';

/** `conflict`: the epoch is there with another root. `passed`: the ring slot holds a later epoch. */
export function rootStanding(state: ChannelState | null, epoch: bigint, root: Uint8Array): RootStanding {
  const slot = state === null ? null : ringSlotOf(state, epoch);
  if (slot === null || slot.epoch < epoch) return 'open';
  if (slot.epoch > epoch) return 'passed';
  // A slot that was never used is all zeros, so epoch 0 looks like what it holds; the program refuses it all the same.
  return bytesToHex(slot.root) === bytesToHex(root) ? 'settled' : 'conflict';
}

async function readOwnedAccount(
  { connection, programId }: Deployment,
  address: Address,
  commitment: Commitment,
): Promise<Uint8Array | null> {
  const account = await connection.getAccountInfo(address, commitment);
  if (account === null) return null;
  if (account.owner.toBase58() === programId.toBase58()) return account.data;
  throw new AttentionOracleError(
    'ACCOUNT_OWNER_MISMATCH',
    `${address.toBase58()} belongs to ${account.owner.toBase58()}: check the program id and the mint`,
    { address: address.toBase58(), owner: account.owner.toBase58() },
  );
}

/** @throws AttentionOracleError MINT_MISSING */
export function requireMint(mint: AddressInput | undefined): Address {
  if (mint !== undefined) return new Address(mint);
  throw new AttentionOracleError(
    'MINT_MISSING',
    'the client was made without a mint: new AttentionOracleClient(connection, PROGRAM_ID, { mint })',
  );
}
