export {
  CHANNEL_STATE_DISCRIMINATOR,
  CHANNEL_STATE_LAYOUTS,
  type ChannelStateLayout,
  PROTOCOL_STATE_BYTES,
  ringSlotBytes,
} from './accounts/account-layouts.ts';
export {
  type ChannelState,
  decodeChannelState,
  isClaimed,
  type RingSlot,
  ringSlotOf,
} from './accounts/channel-state.ts';
export { decodeProtocolState, type ProtocolState } from './accounts/protocol-state.ts';
export { createProofBundle, type ProofBundleInput, verifyBundle } from './bundle/bundle.ts';
export { parseProofBundle } from './bundle/parse.ts';
export {
  type BundledClaim,
  type BundledParticipation,
  type BundledReceipt,
  type BundledTree,
  type ListenerVerdict,
  PROOF_BUNDLE_FORMAT,
  type ProofBundle,
} from './bundle/proof-bundle.ts';
export type { BundleProblem } from './bundle/receipt.ts';
export { bundleOfProof, type ServedProof, type ServedReceipt } from './bundle/served-proof.ts';
export type { BundleVerdict, OnlineCheck, RpcCall } from './bundle/verify-online.ts';
export {
  type AddressInput,
  addressBytes,
  base58Decode,
  base58Encode,
  bytesToHex,
  hexToBytes,
} from './bytes.ts';
export { AttentionOracleClient } from './client/attention-oracle-client.ts';
export type { ChainConnection, ChainSignatureStatus, Commitment } from './client/chain-connection.ts';
export type {
  ClaimInput,
  ClientOptions,
  ClientPolicyInput,
  FinalizeRootInput,
  FinalizeRootsInput,
  RootSendOptions,
  RootToFinalize,
} from './client/client-types.ts';
export { sendAndConfirm } from './client/confirm-by-block-height.ts';
export type { KeyPayer, Payer, WalletPayer } from './client/payer.ts';
export type { SendOptions, SignedTransaction } from './client/send-options.ts';
export { isVersion1Open, priorityFeeLamports, VERSION_1_GATE } from './client/version-1-sending.ts';
export { AttentionOracleError, type ErrorContext } from './errors.ts';
export { initKeccak, keccakKernel, useKeccakKernel } from './keccak/active-kernel.ts';
export { keccak256 } from './keccak/keccak.ts';
export type { KeccakKernelKind } from './keccak/kernel.ts';
export { normalizeChannel, participantHash, streamerKey } from './merkle/channel.ts';
export type { U64Input } from './merkle/integers.ts';
export { LeafHasher } from './merkle/leaf-hasher.ts';
export {
  type Claim,
  type ClaimV1,
  type CumulativeReward,
  computeClaimLeaf,
  computeClaimLeafV1,
  computeCumulativeLeaf,
  computeParticipationLeaf,
  type IndexedClaim,
  type Participation,
} from './merkle/leaves.ts';
export { levelSizes, type OddNode } from './merkle/levels.ts';
export { type NodePosition, proofPositions, rootOfProof, verifyProof } from './merkle/proof.ts';
export { participantOf, type Recipe, type RecipeOptions } from './merkle/recipes.ts';
export { MerkleTree, type MerkleTreeOptions, type TreeShape } from './merkle/tree.ts';
export { buildTreeWithWorkers, TreeWorkers, type TreeWorkersOptions } from './merkle/workers/tree-workers.ts';
export { Address } from './program/address.ts';
export {
  associatedTokenAddress,
  channelStateAddress,
  feeConfigAddress,
  legacyProtocolStateAddress,
  protocolStateAddress,
  treasuryAddress,
} from './program/addresses.ts';
export type { DecodedArgs, InstructionArgs, OpaqueArgs } from './program/instruction-args.ts';
export {
  type BuilderOptions,
  type ClaimChannelOpenInput,
  type ClaimWithReceiptInput,
  claimChannelOpen,
  claimChannelOpenWithReceipt,
  type SetChannelMerkleRootInput,
  type SetPolicyInput,
  setChannelMerkleRoot,
  setPolicy,
  setPolicyOpen,
} from './program/instruction-builders.ts';
export { type DecodedInstruction, decodeInstruction, encodeInstruction } from './program/instruction-codec.ts';
export {
  type AccountRole,
  type FieldType,
  INSTRUCTIONS,
  type InstructionAction,
  type InstructionDefinition,
  type InstructionName,
} from './program/instruction-table.ts';
export {
  PROGRAM_ERRORS,
  type ProgramErrorEntry,
  type ProgramErrorFound,
  programErrorByCode,
  programErrorFrom,
} from './program/program-errors.ts';
export {
  ASSOCIATED_TOKEN_PROGRAM_ID,
  PROGRAM_ID,
  SYSTEM_PROGRAM_ID,
  TOKEN_2022_PROGRAM_ID,
} from './program/program-id.ts';
export {
  type InstructionAccount,
  type ProgramInstruction,
  type ProgramInstructionOptions,
  programInstruction,
} from './program/program-instruction.ts';
export {
  type InitializeMintOpenInput,
  initializeMintOpen,
  type SetPausedInput,
  setPausedOpen,
  type UpdatePublisherInput,
  updatePublisherOpen,
} from './program/protocol-builders.ts';
export {
  type CreateTokenMintInput,
  createTokenAccount,
  createTokenMint,
  type MintTokensInput,
  mintTokens,
  TOKEN_MINT_BYTES,
} from './program/token-builders.ts';
export { compileVersion1Message, type Version1Size, version1Size } from './transactions/compile-version-1.ts';
export { type DecodeTransactionOptions, decodeTransaction } from './transactions/decode-transaction.ts';
export { decodeVersion1Transaction } from './transactions/decode-version-1.ts';
export { serializeVersion1Transaction, signVersion1Transaction } from './transactions/sign-version-1.ts';
export type { DecodedTransaction, ProgramEvent, TransactionProgramError } from './transactions/transaction-types.ts';
export { VERSION_1_LIMITS } from './transactions/version-1-layout.ts';
export type {
  SignedVersion1Transaction,
  Version1Config,
  Version1Input,
  Version1Signer,
  Version1Transaction,
} from './transactions/version-1-transaction.ts';
export type {
  RootFinalizedMessage,
  SettlementUpdatedMessage,
  TestMessage,
  WebhookMessage,
} from './webhooks/messages.ts';
export {
  signWebhook,
  type VerifiedWebhook,
  type VerifyWebhookInput,
  verifyWebhook,
  type WebhookHeaders,
} from './webhooks/standard-webhooks.ts';
