import type { Commitment } from '../core/bank/commitment.ts';
import type { Config } from './rpc-methods/parameters.ts';

/** What a WebSocket client has asked to be told about. */
export type Subscription =
  | { kind: 'slot' }
  | { kind: 'root' }
  | { kind: 'logs'; commitment: Commitment; mentions: string | null }
  | { kind: 'signature'; commitment: Commitment; signature: string }
  | { kind: 'account'; commitment: Commitment; address: string; config: Config }
  | { kind: 'program'; commitment: Commitment; program: string; config: Config };

export type SubscriptionKind = Subscription['kind'];
export const SUBSCRIPTION_KINDS: readonly SubscriptionKind[] = [
  'slot',
  'root',
  'logs',
  'signature',
  'account',
  'program',
];
