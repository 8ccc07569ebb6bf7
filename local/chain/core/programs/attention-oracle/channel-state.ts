import { keccak256 } from '@attention-oracle/sdk';
import { type DerivedAddress, findDerivedAddress } from '../../accounts/derived-address.ts';
import { addressBytes } from '../../encoding/base58.ts';
import type { AccountMeta } from '../../execution/account-meta.ts';
import type { InvokeContext } from '../../execution/invoke-context.ts';
import { failProgram } from './anchor.ts';

export const CHANNEL_STATE_BYTES = 1_782;
/** Claims a ring slot has room for. */
export const MAX_CLAIMS = 1_024;
const DISCRIMINATOR = Buffer.from('4a848dc440345388', 'hex');
const VERSION = 1;
const RING_SLOTS = 10;
const SLOT_BYTES = 170;
const SLOTS_OFFSET = 82;
const MINT_OFFSET = 10;
const STREAMER_OFFSET = 42;
const LATEST_EPOCH_OFFSET = 74;
const BITMAP_OFFSET = 42;

/** keccak256("channel:" + name with ASCII A-Z lowered). */
export function channelKey(channel: string): Uint8Array {
  const name = Buffer.from(channel, 'utf8');
  for (const [i, byte] of name.entries()) if (byte >= 0x41 && byte <= 0x5a) name[i] = byte + 0x20;
  return keccak256(Buffer.concat([Buffer.from('channel:'), name]));
}

/** Address of the channel's state under a mint. */
export function deriveChannelState(program: string, mint: string, key: Uint8Array): DerivedAddress {
  return findDerivedAddress([Buffer.from('channel_state'), addressBytes(mint), key], program);
}

/** A ring slot, as a window on the bytes of a channel_state. */
export class RingSlot {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(data: Uint8Array, index: number) {
    const at = SLOTS_OFFSET + index * SLOT_BYTES;
    this.#bytes = data.subarray(at, at + SLOT_BYTES);
    this.#view = new DataView(data.buffer, data.byteOffset + at, SLOT_BYTES);
  }

  get epoch(): bigint {
    return this.#view.getBigUint64(0, true);
  }

  get root(): Uint8Array {
    return this.#bytes.subarray(8, 40);
  }

  isClaimed(index: number): boolean {
    return ((this.#bytes[BITMAP_OFFSET + (index >> 3)] ?? 0) & (1 << (index & 7))) !== 0;
  }

  markClaimed(index: number): void {
    const at = BITMAP_OFFSET + (index >> 3);
    this.#bytes[at] = (this.#bytes[at] ?? 0) | (1 << (index & 7));
    this.#view.setUint16(40, Math.min(this.#view.getUint16(40, true) + 1, 0xffff), true);
  }

  reset(epoch: bigint, root: Uint8Array): void {
    this.#bytes.fill(0);
    this.#view.setBigUint64(0, epoch, true);
    this.#bytes.set(root, 8);
  }
}

/** The ring slot of an epoch. */
export function ringIndex(epoch: bigint): number {
  return Number(epoch % BigInt(RING_SLOTS));
}

/** A new channel_state with nothing in its ring. */
export function newChannelState(mint: string, key: Uint8Array, bump: number): Uint8Array {
  const data = new Uint8Array(CHANNEL_STATE_BYTES);
  data.set(DISCRIMINATOR, 0);
  data[8] = VERSION;
  data[9] = bump;
  data.set(addressBytes(mint), MINT_OFFSET);
  data.set(key, STREAMER_OFFSET);
  return data;
}

/** A copy of the account's bytes, after the checks that every instruction makes on them. */
export function openChannelState(context: InvokeContext, meta: AccountMeta, mint: string, key: Uint8Array): Uint8Array {
  const data = context.account(meta.address).data.slice();
  if (data.length !== CHANNEL_STATE_BYTES || data[8] !== VERSION) failProgram(context, 'InvalidChannelState');
  if (!Buffer.from(addressBytes(mint)).equals(data.subarray(MINT_OFFSET, STREAMER_OFFSET))) {
    failProgram(context, 'InvalidMint');
  }
  if (!Buffer.from(key).equals(data.subarray(STREAMER_OFFSET, LATEST_EPOCH_OFFSET))) {
    failProgram(context, 'InvalidChannelState');
  }
  return data;
}

/** Raises latest_epoch to an epoch when it is higher. */
export function raiseLatestEpoch(data: Uint8Array, epoch: bigint): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (epoch > view.getBigUint64(LATEST_EPOCH_OFFSET, true)) view.setBigUint64(LATEST_EPOCH_OFFSET, epoch, true);
}
