/** The records of ao.roots.v1 that stand on the topic now. */

import type { RootFinalized } from '../../../schemas/records.ts';
import { type PartitionsReading, readPartitions } from './read-partitions.ts';

/** Gives every root of some partitions, in order. Records that are no roots were put to the dead letters when they came. */
export async function readRoots(
  reading: PartitionsReading,
  onRoot: (root: RootFinalized, partition: number) => void,
): Promise<void> {
  await readPartitions(reading, ({ name, value }, partition) => {
    if (name === 'RootFinalized') onRoot(value, partition);
  });
}
