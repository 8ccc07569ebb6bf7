/**
 * What a record must be to bear on a root: one rule, so that whoever builds a root and whoever stores its claims leave out the
 * same records. A record that breaks it is a dead letter everywhere. Pure.
 */

import { addressBytes } from '@attention-oracle/sdk';
import type { CountedEvent } from '../schemas/counted-event.ts';
import type { SlotWatermark } from '../schemas/records.ts';
import { countedIfSucceeded } from './counted-claim.ts';
import { type EpochSchedule, epochOfSlot } from './epoch-schedule.ts';

/** 9999-12-31T23:59:59Z, Unix seconds. */
export const LAST_SECOND = 253_402_300_799;
const U64_END = 2n ** 64n;
/** UTF-8 bytes of a name that is part of a key; a transaction of the chain has no room for more. */
const MAX_NAME_BYTES = 2048;
/** UTF-8 bytes of a listener's id, and of the names of a proof's method and endpoint. */
const MAX_LABEL_BYTES = 512;
const EVENT_ID = /^([1-9A-HJ-NP-Za-km-z]{1,128})\/\d{1,5}(?:\.\d{1,5})?$/;

/** What decides whether and under which epoch an event counts. */
export interface CountingRules {
  readonly schedule: EpochSchedule;
  /** Address of the counted protocol state; undefined counts every one. */
  readonly protocolState: string | undefined;
}

/** The signature in an event id; undefined where it is not `<signature>/<outer index>[.<inner index>]`. */
export function signatureIn(eventId: string): string | undefined {
  return EVENT_ID.exec(eventId)?.[1];
}

/** Why a record of an event must not be taken in, as the end of a sentence; undefined where it may. */
export function eventProblem(event: CountedEvent, rules: CountingRules): string | undefined {
  const signature = signatureIn(event.eventId);
  if (signature === undefined) return 'its event id is not <signature>/<outer index>[.<inner index>]';
  if (signature !== event.signature) return 'its event id does not begin with its signature';
  return labelProblem(event.source, 'source') ?? wholeProblem(event.slot, 'slot') ?? claimProblem(event, rules);
}

/** Why a watermark must not be taken in, as the end of a sentence; undefined where it may. */
export function watermarkProblem(watermark: SlotWatermark): string | undefined {
  const { source, method, endpoint, fromSlot, slot, signatures, blockTime } = watermark;
  if (slot < fromSlot) return `it proves no range: ${fromSlot} to ${slot}`;
  return (
    wholeProblem(fromSlot, 'first slot') ??
    wholeProblem(slot, 'last slot') ??
    wholeProblem(signatures, 'count of signatures') ??
    timeProblem(blockTime) ??
    labelProblem(source, 'source') ??
    labelProblem(method, 'method') ??
    labelProblem(endpoint, 'endpoint')
  );
}

/** What a claim's leaf and its row need; failed ones too, so that a failure is left out where the claim would be. */
function claimProblem(event: CountedEvent, { schedule, protocolState }: CountingRules): string | undefined {
  const claim = countedIfSucceeded(event, protocolState);
  if (claim === undefined) return undefined;
  const { epoch } = event.instruction.data;
  if (!isAddress(claim.claimer)) return 'its claimer is not a base58 address of 32 bytes';
  if (!isU64(claim.amount)) return 'its amount is not an unsigned 64-bit integer';
  if (epoch !== null && !isU64(epoch)) return 'its epoch argument is not an unsigned 64-bit integer';
  return (
    textProblem(claim.channel, 'channel', MAX_NAME_BYTES) ??
    textProblem(claim.id, 'id', MAX_NAME_BYTES) ??
    textProblem(event.protocolState ?? '', 'protocol state', MAX_NAME_BYTES) ??
    timeProblem(event.tx.blockTime) ??
    wholeProblem(Number(epochOfSlot(schedule, claim.slot)), 'epoch')
  );
}

/** Text that every store keeps as it is, UTF-8 and JSON included. */
function textProblem(text: string, field: string, maxBytes: number): string | undefined {
  if (text.includes('\0')) return `its ${field} contains a NUL character`;
  if (!text.isWellFormed()) return `its ${field} is not well-formed Unicode`;
  // A character is at most three bytes for each UTF-16 unit: most text needs no counting.
  const fits = text.length * 3 <= maxBytes || new TextEncoder().encode(text).length <= maxBytes;
  return fits ? undefined : `its ${field} is longer than ${maxBytes} bytes`;
}

function labelProblem(text: string, field: string): string | undefined {
  return textProblem(text, field, MAX_LABEL_BYTES);
}

function wholeProblem(value: number, field: string): string | undefined {
  return Number.isSafeInteger(value) && value >= 0 ? undefined : `its ${field} is not between 0 and 2^53 - 1`;
}

function timeProblem(seconds: number | null): string | undefined {
  if (seconds === null) return undefined;
  const isTime = Number.isSafeInteger(seconds) && seconds >= 0 && seconds <= LAST_SECOND;
  return isTime ? undefined : 'its block time is not between 1970 and 9999';
}

function isU64(value: bigint): boolean {
  return value >= 0n && value < U64_END;
}

function isAddress(text: string): boolean {
  try {
    return addressBytes(text).length === 32;
  } catch {
    return false;
  }
}
