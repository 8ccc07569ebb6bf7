/** Resolvers of Subscription. */

import { normalizeChannel } from '@attention-oracle/sdk';
import type { TopicFanout } from '../../core/topic-fanout.ts';
import type { IngestedClaimView, RootView, SettlementStepView } from '../../core/views.ts';
import type { Resolvers } from '../../resolvers.generated.ts';
import type { GatewayContext } from '../context.ts';
import type { FinalizedRoot } from '../live-feed.ts';
import { rootOf } from '../store/roots.ts';

const ROW_WAIT_MS = 10_000;
const ROW_LOOK_MS = 100;

/** Items of a channel, or all. */
function ofChannel<Item extends { readonly channel: string }>(
  fanout: TopicFanout<Item>,
  channel: string | null | undefined,
) {
  const wanted = channel === null || channel === undefined ? undefined : normalizeChannel(channel);
  return fanout.subscribe((item) => wanted === undefined || item.channel === wanted);
}

/** The row of a root that was just finalised: the sink may need a moment longer than we. */
async function rowOf({ channel, epoch }: FinalizedRoot, { pool }: GatewayContext): Promise<RootView> {
  for (const deadlineMs = Date.now() + ROW_WAIT_MS; ; ) {
    const root = await rootOf(pool, channel, epoch).catch(() => undefined);
    if (root !== undefined) return root;
    if (Date.now() > deadlineMs)
      throw new Error(`The root of ${channel} in epoch ${epoch} is finalised but not stored yet; query it later.`);
    await new Promise((resolve) => setTimeout(resolve, ROW_LOOK_MS));
  }
}

interface ChannelArgs {
  readonly channel?: string | null | undefined;
}

export const subscriptionResolvers: Resolvers = {
  Subscription: {
    rootFinalized: {
      subscribe: (_parent: unknown, { channel }: ChannelArgs, { feed }: GatewayContext) =>
        ofChannel(feed.roots, channel),
      resolve: (item: FinalizedRoot, _args: unknown, context: GatewayContext) => rowOf(item, context),
    },
    settlementUpdated: {
      subscribe: (_parent: unknown, { channel }: ChannelArgs, { feed }: GatewayContext) =>
        ofChannel(feed.settlements, channel),
      resolve: (item: SettlementStepView) => item,
    },
    claimIngested: {
      subscribe: (_parent: unknown, { channel }: ChannelArgs, { feed }: GatewayContext) =>
        ofChannel(feed.claims, channel),
      resolve: (item: IngestedClaimView) => item,
    },
  },
};
