/** What a rebuild would change, told from both deployments as they stand. */

import { changesOf, type RootRow } from '../../audit/core/rebuild-roots.ts';
import { RegistryDecoder } from '../../audit/io/registry-decoder.ts';
import { placedRoots } from '../../audit/io/standing-places.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { printJson, printLine, printTable } from '../print.ts';
import type { Places } from './places.ts';
import { type RowChange, rowChanges } from './row-changes.ts';
import type { Ends } from './side.ts';
import type { RootPlace } from './swap-schemas.ts';

export interface Comparison {
  readonly roots: readonly RootRow[];
  readonly rows: readonly RowChange[];
  /** Where each root stands on the living topic; of two of one channel and epoch the first. */
  readonly places: readonly RootPlace[];
}

export async function compareBoth(
  { living, side, admin, pool, livingSchema }: Places,
  ends: Ends,
): Promise<Comparison> {
  const rootsOf = (kafka: KafkaClient) => {
    const { SCHEMA_REGISTRY_URL: registry, FOREIGN_SCHEMA_IDS: foreign } = kafka.settings;
    return placedRoots(kafka, new RegistryDecoder(registry, foreign), topicNames(kafka.settings).roots);
  };
  const bounds = await admin.bounds(topicNames(living.settings).streamEvents);
  const cut = [...bounds].filter(([, { low }]) => low > 0n).map(([partition]) => partition);
  const [rebuilt, standing] = [await rootsOf(side), await rootsOf(living)];
  const places = new Map<string, RootPlace>();
  for (const { root: record, partition, offset } of standing) {
    const key = `${record.epoch}/${record.channel}`;
    const { channel, epoch, root } = record;
    if (!places.has(key)) places.set(key, { channel, epoch, root, partition, offset });
  }
  const onlyRoots = (found: typeof rebuilt) => found.map(({ root }) => root);
  return {
    roots: changesOf({ roots: onlyRoots(rebuilt), readTo: ends, cut }, onlyRoots(standing)),
    rows: await rowChanges(pool, livingSchema, ends),
    places: [...places.values()],
  };
}

/** Prints it, and sets the status: 0 all equal; 1 one is another; 3 one cannot be told, or there is none. */
export function report(
  { roots, rows }: Comparison,
  more: Readonly<Record<string, unknown>>,
  json: boolean | undefined,
): void {
  const others = roots.filter(({ change }) => change !== 'equal');
  const equal = roots.length - others.length;
  if (json === true) printJson({ ...more, equalRoots: equal, roots: others, rows });
  else {
    if (others.length > 0)
      printTable(
        ['epoch', 'channel', 'root', 'stands', 'would be', 'why'],
        others.map((row) => [
          ...[row.epoch, row.channel, row.change, row.standing ?? '-', row.rebuilt ?? '-'],
          row.reasons.join('\n'),
        ]),
      );
    if (rows.length > 0)
      printTable(
        ['epoch', 'channel', 'row', 'event', 'columns'],
        rows.map((row) => [row.epoch, row.channel, row.change, row.eventId, row.columns.join(', ')]),
      );
    printLine(
      `${equal} roots are equal, ${others.length} would be others or cannot be told; ${rows.length} rows of claims would be others.`,
    );
  }
  const isOther = others.some(({ change }) => change === 'changed' || change === 'gone') || rows.length > 0;
  process.exitCode = isOther ? 1 : others.length > 0 || roots.length === 0 ? 3 : 0;
}
