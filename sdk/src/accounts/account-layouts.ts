/** sha256("account:ChannelState")[0..8] and sha256("account:ProtocolState")[0..8], hexadecimal. */
export const CHANNEL_STATE_DISCRIMINATOR = '4a848dc440345388';
/** See {@link CHANNEL_STATE_DISCRIMINATOR}. */
export const PROTOCOL_STATE_DISCRIMINATOR = '2133ad86238cc3f8';

/** Bytes of a ProtocolState account, discriminator included. */
export const PROTOCOL_STATE_BYTES = 141;

/** How one build of the program lays a ChannelState out. Builds differ in ring length and bitmap size, told by size. */
export interface ChannelStateLayout {
  /** Size of the whole account, by which the layout is chosen. */
  readonly accountBytes: number;
  /** Where the first ring slot starts. */
  readonly ringOffset: number;
  readonly ringSlots: number;
  /** Claims that one ring slot can mark; a claim's index must be below it. */
  readonly claimsPerSlot: number;
}

/** The known builds. A new one is a row here. */
export const CHANNEL_STATE_LAYOUTS: readonly ChannelStateLayout[] = [
  { accountBytes: 1782, ringOffset: 82, ringSlots: 10, claimsPerSlot: 1024 },
];

/** Bytes of a ring slot: epoch u64, root 32, claim count u16, bitmap. */
export function ringSlotBytes(layout: ChannelStateLayout): number {
  return 8 + 32 + 2 + layout.claimsPerSlot / 8;
}
