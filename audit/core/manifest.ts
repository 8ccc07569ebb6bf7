/** What an archive says of itself: rules, schemas, and each partition with its digests. Pure. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseBases, scheduleOf } from '../../domain/epoch-schedule.ts';
import { fingerprint, type Rules } from '../../processors/epoch-roots/core/rules.ts';
import { AppError } from '../../runtime/errors.ts';

export const ARCHIVE_FORMAT = 'attention-oracle-archive';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
/** Of a file in the archive: no way out of its folder. */
const file = z.string().regex(/^[a-z0-9][a-z0-9.-]*\/[a-z0-9][a-z0-9.-]*$/);

const partition = z.object({
  partition: count,
  file,
  /** Of the first record that the partition still held; above 0 its beginning is gone. */
  firstOffset: count,
  /** Where the partition ended. */
  nextOffset: count,
  records: count,
  /** Of the file. */
  sha256,
  /** Of the records of each range of slots, in the order of their offsets; what has no slot is in none. */
  slots: z.array(z.object({ fromSlot: count, toSlot: count, records: count, sha256 })),
});

const manifest = z.object({
  format: z.literal(ARCHIVE_FORMAT),
  version: z.literal(1),
  createdAt: z.iso.datetime(),
  /** What gives the records their roots, by variable. */
  rules: z.record(z.string(), z.string()),
  /** Address of the counted protocol state; null counts every one. */
  protocolState: z.string().nullable(),
  /** SPKI, PEM, Ed25519. */
  publicKey: z.string(),
  schemas: z.array(z.object({ id: z.int(), file, sha256 })),
  topics: z.array(z.object({ topic: z.string(), partitions: z.array(partition).min(1) })),
});

export type Manifest = z.output<typeof manifest>;
export type ArchivedPartition = z.output<typeof partition>;
export type ArchivedTopic = Manifest['topics'][number];

/** @throws AppError ARCHIVE_INVALID */
export function parseManifest(text: string): Manifest {
  const parsed = manifest.safeParse(orUndefined(() => JSON.parse(text) as unknown));
  if (parsed.success) return parsed.data;
  throw archiveInvalid(`its manifest.json is none of version 1: ${z.prettifyError(parsed.error)}`);
}

export function archiveInvalid(why: string): AppError {
  return new AppError('ARCHIVE_INVALID', `The archive cannot be used: ${why}. Take another copy of it.`);
}

/** The rules of a manifest, as the processor takes them. @throws AppError ARCHIVE_INVALID */
export function rulesOfManifest({ rules, protocolState }: Manifest, dedupRecords: number): Rules {
  const {
    EPOCH_DURATION_SLOTS: duration = '',
    EPOCH_BASE: base = '',
    FINALIZE_THRESHOLD_SECS: threshold = '',
    ROOT_RECIPE: recipe,
    ROOT_ODD_NODE: oddNode,
  } = rules;
  const isWhole = [duration, threshold].every((text) => /^\d{1,19}$/.test(text));
  const bases = parseBases(base);
  const schedule = bases === undefined ? undefined : scheduleOf(Number(duration), bases);
  const isRecipe = recipe === 'claim-v0' || recipe === 'claim-v1' || recipe === 'participation';
  if (!isWhole || schedule === undefined || !isRecipe || (oddNode !== 'duplicate' && oddNode !== 'promote')) {
    throw archiveInvalid('its rules are none that this release knows');
  }
  return {
    schedule,
    finalizeThresholdSecs: Number(threshold),
    recipe,
    oddNode,
    protocolState: protocolState ?? undefined,
    dedupRecords,
  };
}

/** The rules as a manifest has them. */
export function manifestRules(rules: Rules): Pick<Manifest, 'rules' | 'protocolState'> {
  return { rules: fingerprint(rules), protocolState: rules.protocolState ?? null };
}

/** Digests of the records by range of slots; a range is as long as an epoch. */
export class SlotDigests {
  readonly #durationSlots: number;
  readonly #ranges = new Map<number, { records: number; hash: ReturnType<typeof createHash> }>();

  constructor(durationSlots: number) {
    this.#durationSlots = durationSlots;
  }

  /** @param datum The record, Avro-encoded. */
  add(slot: number, datum: Uint8Array): void {
    const index = Math.floor(slot / this.#durationSlots);
    const range = this.#ranges.get(index) ?? { records: 0, hash: createHash('sha256') };
    this.#ranges.set(index, range);
    range.records += 1;
    range.hash.update(datum);
  }

  /** Ascending. To be called once. */
  finish(): ArchivedPartition['slots'] {
    const sorted = [...this.#ranges].sort(([a], [b]) => a - b);
    return sorted.map(([index, { records, hash }]) => ({
      fromSlot: index * this.#durationSlots,
      toSlot: (index + 1) * this.#durationSlots - 1,
      records,
      sha256: hash.digest('hex'),
    }));
  }
}

function orUndefined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
