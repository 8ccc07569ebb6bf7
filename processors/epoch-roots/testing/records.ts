/** Records for tests: short to write, complete by schema. */

import { base58Encode } from '@attention-oracle/sdk';
import type { SlotWatermark, StreamEvent } from '../../../schemas/records.ts';
import type { Rules } from '../core/rules.ts';

export const RULES: Rules = {
  schedule: { durationSlots: 10, base: 0n },
  finalizeThresholdSecs: 2,
  recipe: 'claim-v0',
  oddNode: 'duplicate',
  protocolState: undefined,
  dedupRecords: 100_000,
};

/** A 64-byte signature, base58, that follows from a number. */
export function signatureOf(seed: number): string {
  const bytes = new Uint8Array(64);
  new DataView(bytes.buffer).setUint32(60, seed);
  bytes[0] = 1 + ((seed * 7919) % 250);
  return base58Encode(bytes);
}

/** A 32-byte address, base58, that follows from a number. */
export function addressOf(seed: number): string {
  const bytes = new Uint8Array(32).fill(1 + (seed % 251));
  new DataView(bytes.buffer).setUint32(0, seed);
  return base58Encode(bytes);
}

export interface ClaimSeed {
  /** Names the transaction: signature, claimer, amount and id follow from it. */
  readonly tx: number;
  readonly slot: number;
  readonly source?: string;
  readonly kind?: 'confirmed' | 'finalized' | 'retracted';
  readonly succeeded?: boolean;
  readonly channel?: string;
  readonly protocolState?: string;
  /** Instruction path; 0 for the first top-level one. */
  readonly path?: string;
  readonly action?: StreamEvent['instruction']['action'];
}

export function claimEvent(seed: ClaimSeed): StreamEvent {
  const signature = signatureOf(seed.tx);
  const channel = seed.channel ?? `stream-${seed.tx % 2}`;
  return {
    eventId: `${signature}/${seed.path ?? '0'}`,
    timestamp: '',
    slot: seed.slot,
    signature,
    tx: {
      version: '0',
      blockTime: null,
      feePayer: addressOf(seed.tx),
      signers: [addressOf(seed.tx)],
      feeLamports: 5000n,
      computeUnits: null,
      error: null,
    },
    instruction: {
      program: 'Attention Oracle',
      action: seed.action ?? 'claim',
      name: 'claim_channel_open',
      data: {
        claimer: addressOf(seed.tx % 50),
        epoch: 1n,
        index: 0,
        amount: BigInt(seed.tx) * 1_000_003n + 2n ** 60n,
        id: `${channel}:${seed.tx}`,
        root: null,
        requireReceipt: null,
        mintReceipt: null,
      },
    },
    channel,
    channelAsSeen: channel,
    protocolState: seed.protocolState ?? addressOf(9),
    succeeded: seed.succeeded ?? true,
    commitment: seed.kind === 'finalized' ? 'finalized' : 'confirmed',
    retracted: seed.kind === 'retracted',
    source: seed.source ?? 'a',
    decoderVersion: 1,
    raw: Buffer.from([1, 2, 3]),
  };
}

export interface WatermarkSeed {
  readonly from: number;
  readonly to: number;
  readonly source?: string;
  /** Unix seconds; default 0.4 s a slot. */
  readonly time?: number;
}

export function watermark({ from, to, source = 'a', time = Math.floor(to * 0.4) }: WatermarkSeed): SlotWatermark {
  return {
    source,
    fromSlot: from,
    slot: to,
    blockTime: time,
    method: 'signature-walk',
    signatures: 0,
    endpoint: 'test',
  };
}

/** A record of the event topic, whole. */
export type WholeInput =
  | { readonly name: 'StreamEvent'; readonly value: StreamEvent }
  | { readonly name: 'SlotWatermark'; readonly value: SlotWatermark };

export const event = (seed: ClaimSeed): WholeInput => ({ name: 'StreamEvent', value: claimEvent(seed) });
export const mark = (seed: WatermarkSeed): WholeInput => ({ name: 'SlotWatermark', value: watermark(seed) });
