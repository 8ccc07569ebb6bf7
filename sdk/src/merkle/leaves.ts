import { type AddressInput, HASH_BYTES } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { activeKernel } from '../keccak/active-kernel.ts';
import { participantHash, streamerKey } from './channel.ts';
import { toU32, toU64, type U64Input } from './integers.ts';
import { MessageBuffer } from './message-buffer.ts';

/** A claim: who is paid how much, and the id that the program hashes with it. `index` is its place in the tree. */
export interface Claim {
  readonly claimer: AddressInput;
  /** In the mint's smallest unit, a u64. */
  readonly amount: bigint;
  readonly id: string;
  readonly index?: number;
}

/** A claim whose place in the tree is known. */
export type IndexedClaim = Claim & { readonly index: number };

/** Version 1 binds a leaf to its channel and epoch; the channel is given by name or by its 32-byte key. */
export type ClaimV1 = IndexedClaim & { readonly epoch: U64Input } & (
    | { readonly channel: string; readonly streamer?: undefined }
    | { readonly streamer: Uint8Array; readonly channel?: undefined }
  );

/** A participation: the user by name or by hash. */
export type Participation = { readonly channel: string; readonly epoch: U64Input } & (
  | { readonly user: string; readonly userHash?: undefined }
  | { readonly userHash: Uint8Array; readonly user?: undefined }
);

/** What a wallet has earned so far in a channel of the program's later line. */
export interface CumulativeReward {
  readonly channelConfig: AddressInput;
  readonly mint: AddressInput;
  readonly rootSeq: U64Input;
  readonly wallet: AddressInput;
  readonly total: U64Input;
}

const encoder = new TextEncoder();
const CUMULATIVE_PREFIX = encoder.encode('TWZRD:CUMULATIVE_V2');
const V1_PREFIX = encoder.encode('leaf:');
const NO_PREFIX = new Uint8Array(0);
const U64_BYTES = 8;
const CLAIM_FIXED_BYTES = HASH_BYTES + 4 + U64_BYTES;

/** What comes before the claim in every version 1 leaf of one channel and epoch: "leaf:" ‖ streamer key ‖ epoch. */
export function claimV1Prefix(streamer: Uint8Array, epoch: U64Input): Uint8Array {
  expectHash(streamer, 'streamer');
  const prefix = new Uint8Array(V1_PREFIX.length + HASH_BYTES + U64_BYTES);
  prefix.set(V1_PREFIX, 0);
  prefix.set(streamer, V1_PREFIX.length);
  new DataView(prefix.buffer).setBigUint64(V1_PREFIX.length + HASH_BYTES, toU64(epoch, 'epoch'), true);
  return prefix;
}

/** Writes one claim's leaf input: prefix ‖ claimer ‖ index u32 LE ‖ amount u64 LE ‖ id UTF-8. */
export function writeClaim(buffer: MessageBuffer, prefix: Uint8Array, claim: Claim, index: number): void {
  expectText(claim.id);
  buffer.reserve(prefix.length + CLAIM_FIXED_BYTES + 3 * claim.id.length);
  if (prefix.length > 0) buffer.writeBytes(prefix);
  buffer.writeAddress(claim.claimer);
  buffer.writeU32(index);
  buffer.writeU64(claimAmount(claim.amount));
  buffer.writeText(claim.id);
  buffer.endMessage();
}

/**
 * Refuses an id that is no text.
 * @throws AttentionOracleError CLAIM_ID_INVALID
 */
export function expectText(id: string): void {
  if (typeof id === 'string') return;
  throw new AttentionOracleError('CLAIM_ID_INVALID', `the id of a claim must be text, not ${typeof id}`);
}

function claimAmount(amount: bigint): bigint {
  if (typeof amount === 'bigint' && BigInt.asUintN(64, amount) === amount) return amount;
  throw new AttentionOracleError(
    'U64_OUT_OF_RANGE',
    `amount must be a bigint from 0 to 2^64-1, not ${String(amount)}`,
    {
      field: 'amount',
      value: String(amount),
    },
  );
}

function hashOne(write: (buffer: MessageBuffer) => void): Uint8Array {
  const leaf = new Uint8Array(HASH_BYTES);
  const buffer = MessageBuffer.for(1);
  write(buffer);
  activeKernel().hashMessages(buffer.bytes, buffer.ends, 1, leaf);
  return leaf;
}

/**
 * Claim leaf, version 0, the one that the program verifies: keccak256(claimer ‖ index ‖ amount ‖ id). 32 bytes.
 * @throws AttentionOracleError ADDRESS_INVALID, BASE58_INVALID, U32_OUT_OF_RANGE, U64_OUT_OF_RANGE
 */
export function computeClaimLeaf(claim: IndexedClaim): Uint8Array {
  const index = toU32(claim.index, 'index');
  return hashOne((buffer) => writeClaim(buffer, NO_PREFIX, claim, index));
}

/**
 * Claim leaf, version 1: keccak256("leaf:" ‖ streamer key ‖ epoch u64 LE ‖ the version 0 input). 32 bytes.
 * @throws AttentionOracleError as {@link computeClaimLeaf}
 */
export function computeClaimLeafV1(claim: ClaimV1): Uint8Array {
  const index = toU32(claim.index, 'index');
  const prefix = claimV1Prefix(claim.streamer ?? streamerKey(claim.channel), claim.epoch);
  return hashOne((buffer) => writeClaim(buffer, prefix, claim, index));
}

/** What follows the user hash in every participation leaf of one channel and epoch: channel UTF-8 ‖ epoch u64 LE. */
export function participationSuffix(channel: string, epoch: U64Input): Uint8Array {
  const name = encoder.encode(channel);
  const suffix = new Uint8Array(name.length + U64_BYTES);
  suffix.set(name, 0);
  new DataView(suffix.buffer).setBigUint64(name.length, toU64(epoch, 'epoch'), true);
  return suffix;
}

/** Writes one participation's leaf input: user hash ‖ channel UTF-8 ‖ epoch u64 LE. */
export function writeParticipation(buffer: MessageBuffer, userHash: Uint8Array, suffix: Uint8Array): void {
  buffer.reserve(HASH_BYTES + suffix.length);
  buffer.writeBytes(userHash);
  buffer.writeBytes(suffix);
  buffer.endMessage();
}

/**
 * Participation leaf, the legacy aggregator's: keccak256(user hash ‖ channel UTF-8, spelt as given ‖ epoch u64 LE).
 * @throws AttentionOracleError HASH_LENGTH_INVALID, U64_OUT_OF_RANGE
 */
export function computeParticipationLeaf(participation: Participation): Uint8Array {
  const userHash = participation.userHash ?? participantHash(participation.user);
  expectHash(userHash, 'userHash');
  const suffix = participationSuffix(participation.channel, participation.epoch);
  return hashOne((buffer) => writeParticipation(buffer, userHash, suffix));
}

/**
 * Cumulative leaf of the program's later line:
 * keccak256("TWZRD:CUMULATIVE_V2" ‖ channel config ‖ mint ‖ root_seq u64 LE ‖ wallet ‖ total u64 LE).
 * @throws AttentionOracleError ADDRESS_INVALID, BASE58_INVALID, U64_OUT_OF_RANGE
 */
export function computeCumulativeLeaf(reward: CumulativeReward): Uint8Array {
  return hashOne((buffer) => {
    buffer.reserve(CUMULATIVE_PREFIX.length + 3 * HASH_BYTES + 2 * U64_BYTES);
    buffer.writeBytes(CUMULATIVE_PREFIX);
    buffer.writeAddress(reward.channelConfig);
    buffer.writeAddress(reward.mint);
    buffer.writeU64(toU64(reward.rootSeq, 'rootSeq'));
    buffer.writeAddress(reward.wallet);
    buffer.writeU64(toU64(reward.total, 'total'));
    buffer.endMessage();
  });
}

/**
 * Refuses what is not a 32-byte hash.
 * @throws AttentionOracleError HASH_LENGTH_INVALID, with `field` in the context.
 */
export function expectHash(hash: Uint8Array, field: string): void {
  if (hash instanceof Uint8Array && hash.length === HASH_BYTES) return;
  throw new AttentionOracleError('HASH_LENGTH_INVALID', `${field} must be a Uint8Array of ${HASH_BYTES} bytes`, {
    field,
    length: hash instanceof Uint8Array ? hash.length : undefined,
  });
}
