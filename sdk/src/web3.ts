/**
 * The addresses and instructions of this package as objects of `@solana/web3.js` (1.x), which must be installed.
 *
 * @module
 */
import { PublicKey, TransactionInstruction } from '@solana/web3.js';
import * as sdk from './index.ts';

/** A web3.js PublicKey of an address in any accepted form. */
export function toPublicKey(address: sdk.AddressInput): PublicKey {
  return new PublicKey(sdk.addressBytes(address));
}

/** A web3.js TransactionInstruction of an instruction of this package. */
export function toTransactionInstruction({ programId, keys, data }: sdk.ProgramInstruction): TransactionInstruction {
  // web3.js types its data as Buffer but only ever reads it as bytes, and browsers have no Buffer.
  const bytes = data as TransactionInstruction['data'];
  return new TransactionInstruction({
    programId: toPublicKey(programId),
    keys: keys.map((key) => ({ ...key, pubkey: toPublicKey(key.pubkey) })),
    data: bytes,
  });
}

const asPublicKey =
  <Args extends unknown[]>(derive: (...args: Args) => [sdk.Address, number]) =>
  (...args: Args): [PublicKey, number] => {
    const [address, bump] = derive(...args);
    return [toPublicKey(address), bump];
  };

const asTransactionInstruction =
  <Input>(build: (input: Input) => sdk.ProgramInstruction) =>
  (input: Input): TransactionInstruction =>
    toTransactionInstruction(build(input));

/** [PublicKey, bump] of a mint's protocol state. */
export const protocolStateAddress = /* @__PURE__ */ asPublicKey(sdk.protocolStateAddress);
/** [PublicKey, bump] of the single protocol state of the program's first line. */
export const legacyProtocolStateAddress = /* @__PURE__ */ asPublicKey(sdk.legacyProtocolStateAddress);
/** [PublicKey, bump] of a channel's state. */
export const channelStateAddress = /* @__PURE__ */ asPublicKey(sdk.channelStateAddress);
/** [PublicKey, bump] of a mint's fee configuration. */
export const feeConfigAddress = /* @__PURE__ */ asPublicKey(sdk.feeConfigAddress);
/** [PublicKey, bump] of an owner's associated token account. */
export const associatedTokenAddress = /* @__PURE__ */ asPublicKey(sdk.associatedTokenAddress);
/** [PublicKey, bump] of the treasury that claims are paid from. */
export const treasuryAddress = /* @__PURE__ */ asPublicKey(sdk.treasuryAddress);

/** `set_channel_merkle_root` as a TransactionInstruction. */
export const setChannelMerkleRoot = /* @__PURE__ */ asTransactionInstruction(sdk.setChannelMerkleRoot);
/** `claim_channel_open` as a TransactionInstruction. */
export const claimChannelOpen = /* @__PURE__ */ asTransactionInstruction(sdk.claimChannelOpen);
/** `claim_channel_open_with_receipt` as a TransactionInstruction. */
export const claimChannelOpenWithReceipt = /* @__PURE__ */ asTransactionInstruction(sdk.claimChannelOpenWithReceipt);
/** `set_policy` as a TransactionInstruction. */
export const setPolicy = /* @__PURE__ */ asTransactionInstruction(sdk.setPolicy);
/** `set_policy_open` as a TransactionInstruction. */
export const setPolicyOpen = /* @__PURE__ */ asTransactionInstruction(sdk.setPolicyOpen);
/** `initialize_mint_open` as a TransactionInstruction. */
export const initializeMintOpen = /* @__PURE__ */ asTransactionInstruction(sdk.initializeMintOpen);
/** `update_publisher_open` as a TransactionInstruction. */
export const updatePublisherOpen = /* @__PURE__ */ asTransactionInstruction(sdk.updatePublisherOpen);
/** `set_paused_open` as a TransactionInstruction. */
export const setPausedOpen = /* @__PURE__ */ asTransactionInstruction(sdk.setPausedOpen);
