/** What a global id names. */

import { nodeKeyOf } from '../core/global-id.ts';
import type { ClaimView, EpochView, RootView } from '../core/views.ts';
import type { GatewayContext } from './context.ts';
import { readClaim, readEpoch, readRoot } from './reads.ts';

type NodeType = ReturnType<typeof nodeKeyOf>['type'];

/** A row with the type that its id names: a root and its settlement are the same row. */
export type NodeView = (ClaimView | EpochView | RootView) & { readonly nodeType: NodeType };

/** @throws GraphQLError BAD_USER_INPUT for an id that is none of ours. */
export async function readNode(id: string, context: GatewayContext): Promise<NodeView | undefined> {
  const key = nodeKeyOf(id);
  const row = await rowOf(key, context);
  return row === undefined ? undefined : { ...row, nodeType: key.type };
}

function rowOf(
  key: ReturnType<typeof nodeKeyOf>,
  context: GatewayContext,
): Promise<ClaimView | EpochView | RootView | undefined> {
  switch (key.type) {
    case 'ClaimNode':
      return readClaim(context, key.eventId);
    case 'Epoch':
      return readEpoch(context, key.epoch);
    default:
      return readRoot(context, key.channel, key.epoch);
  }
}

export function nodeTypeOf({ nodeType }: NodeView): NodeType {
  return nodeType;
}
