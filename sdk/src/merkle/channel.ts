import { keccak256 } from '../keccak/keccak.ts';

const encoder = new TextEncoder();

/** The channel as the program sees it: ASCII A to Z lowered, every other character as it is. */
export function normalizeChannel(channel: string): string {
  return channel.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * The 32-byte key of a channel, also called subject: keccak256("channel:" ‖ normalised channel). It is part of the
 * channel's account address and of version 1 leaves.
 */
export function streamerKey(channel: string): Uint8Array {
  return keccak256(encoder.encode(`channel:${normalizeChannel(channel)}`));
}

/** The 32-byte hash that stands for a participant: keccak256 of the lower-case name. */
export function participantHash(name: string): Uint8Array {
  return keccak256(encoder.encode(name.toLowerCase()));
}
