/** Roots, newest first, as they come and as the ledger goes on. Pure. */

import type { RootRowFragment, SettlementStatus } from '../operations.generated.ts';

export interface Step {
  readonly channel: string;
  readonly epoch: string;
  readonly root: string;
  readonly status: SettlementStatus;
  readonly reason: string | null;
}

type Named = Pick<RootRowFragment, 'channel' | 'epoch'>;

export function keyOf({ channel, epoch }: Named): string {
  return `${epoch}/${channel}`;
}

/** Of numbers as decimal text, the larger first; then by channel. */
export function newestFirst(a: Named, b: Named): number {
  if (a.epoch.length !== b.epoch.length) return b.epoch.length - a.epoch.length;
  if (a.epoch !== b.epoch) return a.epoch < b.epoch ? 1 : -1;
  return a.channel < b.channel ? -1 : Number(a.channel > b.channel);
}

/** The root after a step of its settlement; the same where the step is of other bytes. */
export function afterStep(root: RootRowFragment, step: Step): RootRowFragment {
  if (step.root !== root.root) return root;
  const { status, reason } = step;
  const settled = root.settlement.settled || status === 'FINALIZED' || status === 'ALREADY_SETTLED';
  return { ...root, settlement: { ...root.settlement, status, reason, settled } };
}

export interface ChannelRow {
  readonly channel: string;
  readonly newest: RootRowFragment;
  readonly roots: number;
  readonly claims: number;
}

/** The channels of some roots, that with the newest root first. @param roots Newest first. */
export function channelsOf(roots: readonly RootRowFragment[]): ChannelRow[] {
  const found = new Map<string, ChannelRow>();
  for (const root of roots) {
    const known = found.get(root.channel);
    const { newest, roots: count, claims } = known ?? { newest: root, roots: 0, claims: 0 };
    found.set(root.channel, { channel: root.channel, newest, roots: count + 1, claims: claims + root.count });
  }
  return [...found.values()];
}

/** The epochs of some roots, newest first, with the one behind them, which may be open. @param roots Newest first. */
export function epochsOf(roots: readonly Named[], most: number): string[] {
  const [newest] = roots;
  if (newest === undefined) return [];
  const known = [...new Set(roots.map(({ epoch }) => epoch))];
  return [String(BigInt(newest.epoch) + 1n), ...known].slice(0, most);
}
