/** The same log through the processor's core and through the sink's statements on a real database: which roots does each give? */

import { watermarkProblem } from '../../domain/soundness.ts';
import { PartitionState } from '../../processors/epoch-roots/core/partition-state.ts';
import { Progress } from '../../processors/epoch-roots/core/progress.ts';
import { epochIndex, epochNumber, type Rules } from '../../processors/epoch-roots/core/rules.ts';
import { RULES, type WholeInput } from '../../processors/epoch-roots/testing/records.ts';
import { AppError } from '../../runtime/errors.ts';
import { inTransaction, type Pool } from '../../runtime/postgres/pool.ts';
import type { RootFinalized } from '../../schemas/records.ts';
import { eventItem, watermarkItem } from '../../sinks/postgres/core/stream-items.ts';
import type { StreamItem } from '../../sinks/postgres/core/stream-plan.ts';
import { rebuildTree } from '../../sinks/postgres/core/tree.ts';
import { readRootClaims } from '../../sinks/postgres/io/read-root-claims.ts';
import { writeStreamBatch } from '../../sinks/postgres/io/write-stream-batch.ts';
import { COUNTED_STATE } from './wild-logs.ts';

export const STREAM_TOPIC = 'stream';
export const AGREEMENT_RULES: Rules = {
  ...RULES,
  schedule: { durationSlots: 10, base: 100n },
  protocolState: COUNTED_STATE,
};

/** `<channel>/<epoch>` to root and count, `<root> <count>`. */
export type Roots = ReadonlyMap<string, string>;

/** What the processor emits over a log, and the watermark that seals each epoch. */
export interface ProcessorRoots {
  readonly roots: Roots;
  /** Offset of the watermark that sealed each epoch, by epoch number. */
  readonly sealedAt: ReadonlyMap<bigint, number>;
}

export function rootsOfProcessor(log: readonly WholeInput[], partition: number): ProcessorRoots {
  const state = new PartitionState(AGREEMENT_RULES, partition, { offset: 0, progress: Progress.start });
  const roots = new Map<string, string>();
  const sealedAt = new Map<bigint, number>();
  let progress = Progress.start;
  for (const [offset, input] of log.entries()) {
    for (const output of orPutAside(
      () => state.apply(offset, input),
      () => state.skip(offset),
    ) ?? [])
      if (output.kind === 'root') roots.set(keyOf(output.root), `${output.root.root} ${output.root.count}`);
    if (input.name !== 'SlotWatermark' || watermarkProblem(input.value) !== undefined) continue;
    progress = progress.observe(AGREEMENT_RULES, input.value);
    // A watermark behind the head moves the stream time too, and may seal an epoch above its own slots.
    for (let index = 0; index <= epochIndex(AGREEMENT_RULES, progress.clock.headSlot ?? 0); index += 1) {
      const epoch = epochNumber(AGREEMENT_RULES, index);
      if (progress.isProven(AGREEMENT_RULES, index) && !sealedAt.has(epoch)) sealedAt.set(epoch, offset);
    }
  }
  return { roots, sealedAt };
}

/** Takes the log in as the sink does, batch by batch, each in its transaction. */
export async function takeIn(
  pool: Pool,
  log: readonly WholeInput[],
  partition: number,
  batchSizes: readonly number[],
): Promise<void> {
  let position = 0;
  for (let batch = 0; position < log.length; batch += 1) {
    const size = batchSizes[Math.min(batch, batchSizes.length - 1)] ?? 1;
    const from = position;
    const inputs = log.slice(from, from + size);
    const items = inputs.flatMap((input, i) => orPutAside(() => itemOf(input, from + i)) ?? []);
    position += inputs.length;
    const step = { topic: STREAM_TOPIC, partition, expected: from, next: position };
    await writeStreamBatch(pool, step, items, AGREEMENT_RULES.schedule);
  }
}

/** The roots that the rows of a partition give: of every channel with claims that are proven when their epoch is sealed. */
export async function rootsOfSink(
  pool: Pool,
  partition: number,
  sealedAt: ReadonlyMap<bigint, number>,
): Promise<Roots> {
  const { rows } = await pool.query<{ channel: string; epoch: number }>(
    'select distinct channel, epoch from claims where stream_partition = $1 and proven',
    [partition],
  );
  const roots = new Map<string, string>();
  for (const { channel, epoch } of rows) {
    const sourceOffset = sealedAt.get(BigInt(epoch));
    if (sourceOffset === undefined) continue;
    const root = {
      id: 0,
      channel,
      epoch,
      root: '',
      count: 0,
      recipe: AGREEMENT_RULES.recipe,
      oddNode: AGREEMENT_RULES.oddNode,
      status: 'ready_for_settlement' as const,
      sourcePartition: partition,
      sourceOffset,
    };
    const tree = await inTransaction(pool, (client) => rebuildTree(readRootClaims(client, root), root));
    if (tree !== undefined) roots.set(keyOf({ channel, epoch: BigInt(epoch) }), `${tree.root} ${tree.leafCount}`);
  }
  return roots;
}

function itemOf(input: WholeInput, offset: number): StreamItem[] {
  if (input.name === 'SlotWatermark') return [watermarkItem(input.value, offset)];
  const item = eventItem(input.value, offset, AGREEMENT_RULES);
  return item === undefined ? [] : [item];
}

/** What work gives; undefined for a record that is put aside as a dead letter. */
function orPutAside<T>(work: () => T, onPutAside?: () => void): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof AppError) || error.retryable) throw error;
    onPutAside?.();
    return undefined;
  }
}

function keyOf({ channel, epoch }: Pick<RootFinalized, 'channel' | 'epoch'>): string {
  return `${channel}/${epoch}`;
}
