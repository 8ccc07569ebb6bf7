/** A leaf down to its transaction. */

import { everywhere } from '../core/coverage.ts';
import type { ClaimView, CoverageView, RootView } from '../core/views.ts';
import type { GatewayContext } from './context.ts';
import { readRoot } from './reads.ts';
import { leafByIndex, vouchersOf } from './store/claims.ts';
import { provenRanges } from './store/epochs.ts';

export interface LeafExplanationView {
  readonly claim: ClaimView;
  readonly root: RootView;
  readonly signature: string;
  readonly slot: bigint;
  readonly instruction: string;
  readonly eventId: string;
  readonly vouchers: string[];
  readonly provenBy: CoverageView[];
}

export async function explain(
  channel: string,
  epoch: bigint,
  index: number,
  context: GatewayContext,
): Promise<LeafExplanationView | undefined> {
  const { read } = context;
  const root = await readRoot(context, channel, epoch);
  if (root === undefined || index < 0 || index >= root.count) return undefined;
  const claim = await read(`leaf/${root.rowId}/${index}`, (pool) =>
    leafByIndex(pool, root.rowId, root.channel, root.epoch, index),
  );
  if (claim === undefined) return undefined;
  const [proven, vouching] = await Promise.all([
    read(`coverage/${root.epoch}`, (pool) => provenRanges(pool, root.epoch)),
    read(`vouchers/${claim.rowId}`, (pool) => vouchersOf(pool, claim.rowId)),
  ]);
  // The claim's own partition decides: only there its record can stand.
  const own = proven.filter(({ partition }) => partition === vouching.partition);
  const bySource = Map.groupBy(own, ({ source, method }) => JSON.stringify([source, method]));
  const slot = Number(claim.slot);
  const provenBy = [...bySource.values()].flatMap((ranges) => {
    const { source, method } = ranges[0] as (typeof ranges)[number];
    return everywhere(
      1,
      ranges.map((range) => ({ ...range, partition: 0 })),
    )
      .filter(({ fromSlot, toSlot }) => fromSlot <= slot && slot <= toSlot)
      .map(({ fromSlot, toSlot }) => ({ source, method, fromSlot: BigInt(fromSlot), toSlot: BigInt(toSlot) }));
  });
  return {
    claim,
    root,
    signature: claim.signature,
    slot: claim.slot,
    eventId: claim.eventId,
    instruction: claim.eventId.split('/')[1] ?? '',
    vouchers: vouching.vouchers,
    provenBy,
  };
}
