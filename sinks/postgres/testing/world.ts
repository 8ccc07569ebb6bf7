/** Records of two partitions of each topic, as a test describes them. */

import { base58Encode } from '@attention-oracle/sdk';
import type {
  RootFinalized,
  SettlementRecord,
  SettlementStatus,
  SlotWatermark,
  StreamEvent,
} from '../../../schemas/records.ts';

export const SCHEDULE = { durationSlots: 10, base: 100n };
export const RULES = { schedule: SCHEDULE, protocolState: undefined };
export const CHANNELS = ['ada', 'bob', 'cyd'] as const;

/** Partition of a channel on every topic of the test world. */
export function partitionOf(channel: string): number {
  return channel === 'cyd' ? 1 : 0;
}

/** A signature that a number stands for. */
export function signature(n: number): string {
  return base58Encode(new Uint8Array(64).fill(n + 1));
}

export function address(n: number): string {
  return base58Encode(new Uint8Array(32).fill(n + 1));
}

export interface EventSpec {
  readonly n: number;
  readonly channel: string;
  readonly slot: number;
  readonly source: string;
  readonly commitment: 'confirmed' | 'finalized';
  readonly retracted: boolean;
  readonly succeeded: boolean;
  readonly action: 'claim' | 'finalize';
  /** Arguments of a publication; default: the highest epoch there is, and some root. */
  readonly published?: { readonly epoch: number; readonly root: string };
}

export function streamEvent(spec: EventSpec): StreamEvent {
  const isClaim = spec.action === 'claim';
  return {
    eventId: `${signature(spec.n)}/${spec.n % 3}`,
    timestamp: '',
    slot: spec.slot,
    signature: signature(spec.n),
    tx: {
      version: 'legacy',
      blockTime: 1_700_000_000 + spec.slot,
      feePayer: address(spec.n),
      signers: [address(spec.n)],
      feeLamports: 5000n,
      computeUnits: null,
      error: spec.succeeded ? null : '{"InstructionError":[0,{"Custom":6001}]}',
    },
    instruction: {
      program: 'Attention Oracle',
      action: spec.action,
      name: isClaim ? 'claim_channel_open' : 'set_channel_merkle_root',
      data: {
        claimer: isClaim ? address(spec.n % 4) : null,
        epoch: spec.published === undefined ? 2n ** 64n - 1n : BigInt(spec.published.epoch),
        index: isClaim ? spec.n : null,
        amount: isClaim ? 2n ** 63n + BigInt(spec.n) : null,
        id: isClaim ? `${spec.channel}:user-${spec.n % 4}` : null,
        root: isClaim ? null : (spec.published?.root ?? 'ab'.repeat(32)),
        requireReceipt: null,
        mintReceipt: null,
      },
    },
    channel: spec.channel,
    channelAsSeen: spec.channel,
    protocolState: address(200),
    succeeded: spec.succeeded,
    commitment: spec.commitment,
    retracted: spec.retracted,
    source: spec.source,
    decoderVersion: 1,
    raw: Buffer.alloc(8),
  };
}

export function watermark(source: string, fromSlot: number, slot: number): SlotWatermark {
  return {
    source,
    fromSlot,
    slot,
    blockTime: 1_700_000_000 + slot,
    method: 'signature-walk',
    signatures: 3,
    endpoint: 'rpc',
  };
}

export function rootRecord(spec: {
  channel: string;
  epoch: number;
  root: string;
  count: number;
  sourceOffset: number;
  recipe?: string;
}): RootFinalized {
  const startSlot = (spec.epoch - 100) * 10;
  return {
    channel: spec.channel,
    epoch: BigInt(spec.epoch),
    root: spec.root,
    count: spec.count,
    recipe: spec.recipe ?? 'claim-v0',
    oddNode: 'duplicate',
    startSlot,
    endSlot: startSlot + 9,
    finalizedSlot: startSlot + 20,
    finalizedAt: 1_700_000_000_000 + spec.sourceOffset,
    sourcePartition: partitionOf(spec.channel),
    sourceOffset: spec.sourceOffset,
  };
}

export function settlementRecord(spec: {
  channel: string;
  epoch: number;
  root: string;
  status: SettlementStatus;
  attempt: number;
  at: number;
}): SettlementRecord {
  const sent = spec.attempt > 0;
  return {
    channel: spec.channel,
    epoch: BigInt(spec.epoch),
    root: spec.root,
    status: spec.status,
    attempt: spec.attempt,
    signature: sent ? signature(100 + spec.attempt) : null,
    lastValidBlockHeight: sent ? 1000 + spec.at : null,
    slot: spec.status === 'FINALIZED' ? 500 : null,
    feeLamports: sent ? 15_000n : null,
    computeUnits: null,
    reason: spec.status === 'FAILED' ? 'blockhash expired' : null,
    rootPartition: partitionOf(spec.channel),
    rootOffset: 0,
    at: 1_700_000_000_000 + spec.at,
    worker: 'settler',
  };
}
