/** What the processor's core makes of the bytes of a partition, as the verifier prints roots. */

import { inputOf } from '../../audit/io/kafka-event-log.ts';
import { PartitionState } from '../../processors/epoch-roots/core/partition-state.ts';
import { Progress } from '../../processors/epoch-roots/core/progress.ts';
import type { Rules } from '../../processors/epoch-roots/core/rules.ts';
import { AppError } from '../../runtime/errors.ts';
import { readerFor } from '../../runtime/kafka/record-reader.ts';
import { schemaText } from '../../schemas/records.ts';

const readers = new Map(
  (['StreamEvent', 'SlotWatermark'] as const).map((name, i) => [7 + i, readerFor(JSON.parse(schemaText(name)), 7 + i)]),
);

export function coreRoots(rules: Rules, partition: number, log: readonly Buffer[]): string[] {
  const state = new PartitionState(rules, partition, { offset: 0, progress: Progress.start });
  const roots: string[] = [];
  for (const [offset, value] of log.entries()) {
    const input = inputOf({ decode: (bytes) => decode(bytes) }, value);
    try {
      for (const output of input === undefined ? [] : state.apply(offset, input)) {
        if (output.kind === 'root') roots.push(JSON.stringify({ ...output.root, epoch: output.root.epoch.toString() }));
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      state.skip(offset);
    }
  }
  return roots;
}

function decode(value: Buffer | null): ReturnType<NonNullable<ReturnType<typeof readers.get>>['read']> {
  const reader = value === null ? undefined : readers.get(value.readInt32BE(1));
  if (value === null || reader === undefined) throw new AppError('RECORD_MALFORMED', 'none of a test');
  return reader.read(value.subarray(5));
}
