import { type AddressInput, addressBytes } from '../bytes.ts';
import { streamerKey } from '../merkle/channel.ts';
import type { Address } from './address.ts';
import { deriveAddress } from './derive-address.ts';
import { ASSOCIATED_TOKEN_PROGRAM_ID, PROGRAM_ID, TOKEN_2022_PROGRAM_ID } from './program-id.ts';

const utf8 = new TextEncoder();
const PROTOCOL = utf8.encode('protocol');
const CHANNEL_STATE = utf8.encode('channel_state');
const FEE_CONFIG = utf8.encode('fee_config');

/** [address, bump] of a mint's protocol state: PDA["protocol", mint]. */
export function protocolStateAddress(mint: AddressInput, programId: AddressInput = PROGRAM_ID): [Address, number] {
  return deriveAddress([PROTOCOL, addressBytes(mint)], programId);
}

/** [address, bump] of the single protocol state of the program's first line: PDA["protocol"]. */
export function legacyProtocolStateAddress(programId: AddressInput = PROGRAM_ID): [Address, number] {
  return deriveAddress([PROTOCOL], programId);
}

/** [address, bump] of a channel's state: PDA["channel_state", mint, streamer key]. The channel's ASCII case is ignored. */
export function channelStateAddress(
  mint: AddressInput,
  channel: string,
  programId: AddressInput = PROGRAM_ID,
): [Address, number] {
  return deriveAddress([CHANNEL_STATE, addressBytes(mint), streamerKey(channel)], programId);
}

/** [address, bump] of a mint's fee configuration: PDA["protocol", mint, "fee_config"]. */
export function feeConfigAddress(mint: AddressInput, programId: AddressInput = PROGRAM_ID): [Address, number] {
  return deriveAddress([PROTOCOL, addressBytes(mint), FEE_CONFIG], programId);
}

/** [address, bump] of an owner's associated token account; Token-2022 unless another token program is given. */
export function associatedTokenAddress(
  mint: AddressInput,
  owner: AddressInput,
  tokenProgramId: AddressInput = TOKEN_2022_PROGRAM_ID,
): [Address, number] {
  return deriveAddress(
    [addressBytes(owner), addressBytes(tokenProgramId), addressBytes(mint)],
    ASSOCIATED_TOKEN_PROGRAM_ID,
  );
}

/** [address, bump] of the treasury that claims are paid from: the protocol state's Token-2022 account. */
export function treasuryAddress(mint: AddressInput, programId: AddressInput = PROGRAM_ID): [Address, number] {
  return associatedTokenAddress(mint, protocolStateAddress(mint, programId)[0]);
}
