/** Records of the event topic as a listener writes them live: claims of many channels, and watermarks. */

import { randomBytes } from 'node:crypto';
import { base58Encode } from '@attention-oracle/sdk';
import type { Rules } from '../../processors/epoch-roots/core/rules.ts';
import type { SlotWatermark, StreamEvent } from '../../schemas/records.ts';

export const CHANNELS = 200;
const CLAIMERS = 40_000;

export const RULES: Rules = {
  schedule: { durationSlots: 432_000, base: 0n },
  finalizeThresholdSecs: 300,
  recipe: 'claim-v0',
  oddNode: 'duplicate',
  protocolState: undefined,
  dedupRecords: 100_000,
};

export function makeClaimers(): string[] {
  return Array.from({ length: CLAIMERS }, () => base58Encode(randomBytes(32)));
}

/** Proves the range, at two and a half slots a second. */
export function watermark(fromSlot: number, slot: number): SlotWatermark {
  return {
    source: 'bench',
    fromSlot: Math.max(0, fromSlot),
    slot,
    blockTime: Math.floor(slot * 0.4),
    method: 'signature-walk',
    signatures: 0,
    endpoint: 'bench',
  };
}

/** Seen at confirmed; `at` numbers it and chooses its channel and claimer. */
export function claim(at: number, slot: number, claimers: readonly string[]): StreamEvent {
  const signature = base58Encode(randomBytes(64));
  const claimer = claimers[(at * 7919) % claimers.length] ?? '';
  const channel = `channel-${at % CHANNELS}`;
  return {
    eventId: `${signature}/0`,
    timestamp: '2025-11-19T00:00:19.000Z',
    slot,
    signature,
    tx: {
      version: '0',
      blockTime: 1_763_510_419,
      feePayer: claimer,
      signers: [claimer],
      feeLamports: 5000n,
      computeUnits: 52_796,
      error: null,
    },
    instruction: {
      program: 'Attention Oracle',
      action: 'claim',
      name: 'claim_channel_open',
      data: {
        claimer,
        epoch: 1n,
        index: at,
        amount: 5_000_000_000n + BigInt(at),
        id: `twitch:${channel}:user${at}`,
        root: null,
        requireReceipt: null,
        mintReceipt: null,
      },
    },
    channel,
    channelAsSeen: channel,
    protocolState: claimers[0] ?? null,
    succeeded: true,
    commitment: 'confirmed',
    retracted: false,
    source: 'bench',
    decoderVersion: 1,
    raw: randomBytes(200),
  };
}
