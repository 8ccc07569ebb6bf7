/** Root records to rows of roots. */

import { AppError } from '../../../runtime/errors.ts';
import type { RootFinalized } from '../../../schemas/records.ts';
import { millisText, storableText, wholeBigint } from './storable.ts';

/** A row of table roots as the record gives it, by column name. */
export interface RootRow {
  readonly epoch: number;
  readonly channel: string;
  readonly root: string;
  readonly count: number;
  /** ISO 8601, UTC. */
  readonly finalized_at: string;
  readonly recipe: string;
  readonly odd_node: string;
  readonly start_slot: number;
  readonly end_slot: number;
  readonly finalized_slot: number;
  readonly source_partition: number;
  readonly source_offset: number;
  readonly record_offset: number;
}

/** @throws AppError RECORD_UNSTORABLE */
export function rootRow(record: RootFinalized, offset: number): RootRow {
  if (!/^[0-9a-f]{64}$/.test(record.root)) {
    throw new AppError('RECORD_UNSTORABLE', 'The root is not 64 lower-case hex digits.', {
      context: { channel: record.channel, epoch: record.epoch.toString() },
    });
  }
  return {
    epoch: wholeBigint(record.epoch, 'epoch'),
    channel: storableText(record.channel, 'channel'),
    root: record.root,
    count: record.count,
    finalized_at: millisText(record.finalizedAt, 'finalizedAt'),
    recipe: storableText(record.recipe, 'recipe'),
    odd_node: storableText(record.oddNode, 'oddNode'),
    start_slot: wholeBigint(record.startSlot, 'startSlot'),
    end_slot: wholeBigint(record.endSlot, 'endSlot'),
    finalized_slot: wholeBigint(record.finalizedSlot, 'finalizedSlot'),
    source_partition: record.sourcePartition,
    source_offset: wholeBigint(record.sourceOffset, 'sourceOffset'),
    record_offset: offset,
  };
}
