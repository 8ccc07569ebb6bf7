/** Resolvers of Subscription: what is stored after a cursor, then what comes. */

import { badInput } from '../../core/cursor.ts';
import { channelName } from '../../core/names.ts';
import type { IngestedClaimView, RootView, SettlementStepView } from '../../core/views.ts';
import type { Resolvers } from '../../resolvers.generated.ts';
import type {
  SubscriptionClaimIngestedArgs,
  SubscriptionRootFinalizedArgs,
  SubscriptionSettlementUpdatedArgs,
} from '../../schema-types.generated.ts';
import type { GatewayContext } from '../context.ts';
import type { Feed, Told } from '../feed/feed.ts';
import { openGaps } from '../gaps.ts';

/** More than a client tells apart by hand; each makes reading what is stored slower. */
const MAX_CHANNELS = 1000;

interface FeedArgs {
  readonly channel?: string | null | undefined;
  readonly channels?: readonly string[] | null | undefined;
  readonly after?: string | null | undefined;
}

function follow<Item extends { readonly channel: string }>(
  feed: Feed<Item>,
  { channel, channels, after }: FeedArgs,
  matches: (item: Item) => boolean = () => true,
): AsyncIterableIterator<Told<Item>> {
  const asked = [...(channels ?? []), ...(channel == null ? [] : [channel])];
  if (asked.length > MAX_CHANNELS)
    throw badInput(`A subscription may name ${MAX_CHANNELS} channels; leave them out for all.`);
  const isAll = channel == null && channels == null;
  // Names that no row can hold match nothing.
  const names = isAll ? undefined : asked.map(channelName).filter((name) => name !== undefined);
  return feed.follow(after ?? undefined, { channels: names, matches });
}

/** A subscription lives long; what was loaded for an item before must not be taken for the state of now, nor pile up. */
function told<Item>(
  { item, cursor }: Told<Item>,
  { steps, certainty }: GatewayContext,
): Item & { readonly cursor: string } {
  certainty.clear();
  steps.clearAll();
  return { ...item, cursor };
}

export const subscriptionResolvers: Resolvers = {
  Subscription: {
    rootFinalized: {
      subscribe: (_parent: unknown, args: Partial<SubscriptionRootFinalizedArgs>, { feed }: GatewayContext) =>
        follow(feed.roots, args),
      resolve: (item: Told<RootView>, _args: unknown, context: GatewayContext) => told(item, context),
    },
    settlementUpdated: {
      subscribe: (_parent: unknown, args: Partial<SubscriptionSettlementUpdatedArgs>, { feed }: GatewayContext) => {
        const status = args.status == null ? undefined : new Set(args.status);
        return follow(feed.settlements, args, (step) => status === undefined || status.has(step.status));
      },
      resolve: (item: Told<SettlementStepView>, _args: unknown, context: GatewayContext) => told(item, context),
    },
    claimIngested: {
      subscribe: (_parent: unknown, args: Partial<SubscriptionClaimIngestedArgs>, { feed }: GatewayContext) =>
        follow(feed.claims, args, (claim) => args.user == null || claim.user === args.user),
      resolve: (item: Told<IngestedClaimView>, _args: unknown, context: GatewayContext) => told(item, context),
    },
    gapsChanged: {
      subscribe: (_parent: unknown, _args: unknown, { proven }: GatewayContext) => proven.gapChanges(),
      resolve: (_change: unknown, _args: unknown, context: GatewayContext) => {
        context.certainty.clear();
        return openGaps(context);
      },
    },
  },
};
