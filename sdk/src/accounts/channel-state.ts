import { base58Encode } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { expectDiscriminator, unknownSize } from './account-bytes.ts';
import {
  CHANNEL_STATE_DISCRIMINATOR,
  CHANNEL_STATE_LAYOUTS,
  type ChannelStateLayout,
  ringSlotBytes,
} from './account-layouts.ts';

/** One slot of a channel's ring: a published root and which of its claims were made. */
export interface RingSlot {
  /** 0 in a slot that was never used. */
  epoch: bigint;
  /** 32 bytes, all zero in a slot that was never used. */
  root: Uint8Array;
  claimCount: number;
  /** One bit a claim, lowest bit first; see {@link isClaimed}. */
  claimed: Uint8Array;
}

/** A channel's on-chain state. */
export interface ChannelState {
  version: number;
  bump: number;
  /** Base58. */
  mint: string;
  /** The 32-byte streamer key. */
  streamer: Uint8Array;
  latestEpoch: bigint;
  /** By position; the slot of an epoch is epoch mod the ring's length, see {@link ringSlotOf}. */
  ring: RingSlot[];
  layout: ChannelStateLayout;
}

/**
 * Reads a ChannelState account; its layout is chosen by its size.
 * @throws AttentionOracleError ACCOUNT_DISCRIMINATOR_MISMATCH, ACCOUNT_SIZE_UNKNOWN
 */
export function decodeChannelState(bytes: Uint8Array): ChannelState {
  expectDiscriminator(bytes, CHANNEL_STATE_DISCRIMINATOR, 'ChannelState');
  const layout = CHANNEL_STATE_LAYOUTS.find(({ accountBytes }) => accountBytes === bytes.length);
  if (layout === undefined) {
    throw unknownSize(
      'ChannelState',
      bytes.length,
      CHANNEL_STATE_LAYOUTS.map(({ accountBytes }) => accountBytes),
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const slotBytes = ringSlotBytes(layout);
  return {
    version: view.getUint8(8),
    bump: view.getUint8(9),
    mint: base58Encode(bytes.subarray(10, 42)),
    streamer: bytes.slice(42, 74),
    latestEpoch: view.getBigUint64(74, true),
    ring: Array.from({ length: layout.ringSlots }, (_, slot) =>
      readSlot(bytes, view, layout.ringOffset + slot * slotBytes, slotBytes),
    ),
    layout,
  };
}

/** The slot where an epoch's root is or would be. Check its `epoch`: it may hold another. */
export function ringSlotOf(state: ChannelState, epoch: bigint): RingSlot {
  return state.ring[Number(epoch % BigInt(state.ring.length))] as RingSlot;
}

/**
 * Whether the claim at an index was made.
 * @throws AttentionOracleError INDEX_OUT_OF_RANGE when the slot cannot hold that index, so that it can never be claimed
 */
export function isClaimed(slot: RingSlot, index: number): boolean {
  const byte = Number.isInteger(index) && index >= 0 ? slot.claimed[index >>> 3] : undefined;
  if (byte === undefined) {
    throw new AttentionOracleError(
      'INDEX_OUT_OF_RANGE',
      `index ${index} is beyond the ${slot.claimed.length * 8} claims that a ring slot holds: it cannot be claimed`,
      { index, claimsPerSlot: slot.claimed.length * 8 },
    );
  }
  return (byte & (1 << (index & 7))) !== 0;
}

function readSlot(bytes: Uint8Array, view: DataView, offset: number, slotBytes: number): RingSlot {
  return {
    epoch: view.getBigUint64(offset, true),
    root: bytes.slice(offset + 8, offset + 40),
    claimCount: view.getUint16(offset + 40, true),
    claimed: bytes.slice(offset + 42, offset + slotBytes),
  };
}
