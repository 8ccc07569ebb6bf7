/** Every root that a log gives under some rules, beside those that stand: what a rebuild would change. Pure. */

import { PartitionState } from '../../processors/epoch-roots/core/partition-state.ts';
import { Progress } from '../../processors/epoch-roots/core/progress.ts';
import type { Rules } from '../../processors/epoch-roots/core/rules.ts';
import { AppError } from '../../runtime/errors.ts';
import type { RootFinalized } from '../../schemas/records.ts';
import type { EventLog } from './event-log.ts';

export interface RebuiltRoots {
  readonly roots: readonly RootFinalized[];
  /** Offset after the last record of each partition. */
  readonly readTo: ReadonlyMap<number, number>;
  /** Partitions whose beginning is gone: what their first epochs held is unknown. */
  readonly cut: readonly number[];
}

export async function rebuildRoots(log: EventLog, rules: Rules): Promise<RebuiltRoots> {
  const states = new Map<number, PartitionState>();
  const roots: RootFinalized[] = [];
  const { firstOffsets } = await log.read(({ partition, offset, input }) => {
    const state =
      states.get(partition) ?? new PartitionState(rules, partition, { offset: 0, progress: Progress.start });
    states.set(partition, state);
    try {
      const outputs = input === undefined ? [] : state.apply(offset, input);
      for (const output of outputs) if (output.kind === 'root') roots.push(output.root);
    } catch (error) {
      if (!(error instanceof AppError) || error.retryable) throw error;
    }
    state.skip(offset);
  });
  return {
    roots,
    readTo: new Map([...states].map(([partition, { position }]) => [partition, position])),
    cut: [...firstOffsets].filter(([, first]) => first > 0).map(([partition]) => partition),
  };
}

export type RootChange = 'equal' | 'changed' | 'gone' | 'new' | 'unknown';

export interface RootRow {
  readonly channel: string;
  readonly epoch: bigint;
  /** `gone`: it stands, and the log does not give it; `new`: the log gives it, and it does not stand yet. */
  readonly change: RootChange;
  readonly standing: string | null;
  readonly rebuilt: string | null;
  /** Fields that would be others, each as a sentence. */
  readonly reasons: readonly string[];
}

/** One row a channel and epoch. Roots of records that were not read are left out; of two that stand the first counts. */
export function changesOf(rebuilt: RebuiltRoots, standing: readonly RootFinalized[]): RootRow[] {
  const open = new Map<string, RootFinalized>();
  for (const root of standing) {
    const isRead = root.sourceOffset < (rebuilt.readTo.get(root.sourcePartition) ?? 0);
    if (isRead && !open.has(keyOf(root))) open.set(keyOf(root), root);
  }
  const rows = rebuilt.roots.map((root): RootRow => {
    const former = open.get(keyOf(root));
    open.delete(keyOf(root));
    if (rebuilt.cut.includes(root.sourcePartition)) return unknown(root, former?.root ?? null, root.root);
    const { channel, epoch } = root;
    if (former === undefined) return { channel, epoch, change: 'new', standing: null, rebuilt: root.root, reasons: [] };
    const reasons = differences(former, root);
    const change = reasons.length === 0 ? 'equal' : 'changed';
    return { channel, epoch, change, standing: former.root, rebuilt: root.root, reasons };
  });
  for (const former of open.values()) {
    const { channel, epoch, root, sourcePartition } = former;
    const isUnknown = rebuilt.cut.includes(sourcePartition);
    rows.push(
      isUnknown
        ? unknown(former, root, null)
        : { channel, epoch, change: 'gone', standing: root, rebuilt: null, reasons: [] },
    );
  }
  return rows.sort((a, b) => (a.epoch === b.epoch ? (a.channel < b.channel ? -1 : 1) : a.epoch < b.epoch ? -1 : 1));
}

function unknown(
  { channel, epoch, sourcePartition }: RootFinalized,
  standing: string | null,
  rebuilt: string | null,
): RootRow {
  const reasons = [`the beginning of partition ${sourcePartition} is gone`];
  return { channel, epoch, change: 'unknown', standing, rebuilt, reasons };
}

function differences(former: RootFinalized, root: RootFinalized): string[] {
  return Object.entries(former).flatMap(([field, value]) => {
    const now = root[field as keyof RootFinalized];
    return String(value) === String(now) ? [] : [`${field} is ${value}, would be ${now}`];
  });
}

const keyOf = ({ channel, epoch }: RootFinalized): string => `${epoch}/${channel}`;
