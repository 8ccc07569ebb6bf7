import { invalidParams } from './rpc-error.ts';
import { addressOf, commitmentOf, configAt, signatureOf } from './rpc-methods/parameters.ts';
import type { Subscription, SubscriptionKind } from './subscription.ts';

/** Reads the parameters of `<kind>Subscribe`. Throws RpcError when they cannot be used. */
export function readSubscription(kind: SubscriptionKind, params: readonly unknown[]): Subscription {
  const config = configAt(params, 1);
  switch (kind) {
    case 'slot':
    case 'root':
      return { kind };
    case 'logs':
      return { kind, commitment: commitmentOf(config), mentions: mentionsOf(params[0]) };
    case 'signature':
      return { kind, commitment: commitmentOf(config), signature: signatureOf(params[0]) };
    case 'account':
      return { kind, commitment: commitmentOf(config), address: addressOf(params[0]), config };
    case 'program':
      return { kind, commitment: commitmentOf(config), program: addressOf(params[0]), config };
  }
}

function mentionsOf(filter: unknown): string | null {
  if (filter === 'all' || filter === 'allWithVotes') return null;
  const mentions = (filter as { mentions?: unknown } | null)?.mentions;
  if (!Array.isArray(mentions) || mentions.length !== 1) {
    throw invalidParams('Invalid Request: Only 1 address supported');
  }
  return addressOf(mentions[0]);
}
