/** Which channels are published at all. */

import type { Policy } from './policy.ts';

export interface ChannelListSettings {
  /** Only these; empty: every channel. Normalised. */
  readonly allowed: ReadonlySet<string>;
  readonly denied: ReadonlySet<string>;
}

export function channelListPolicy({ allowed, denied }: ChannelListSettings): Policy | undefined {
  if (allowed.size === 0 && denied.size === 0) return undefined;
  return {
    needs: [],
    judge({ root: { channel } }) {
      if (denied.has(channel)) {
        return {
          code: 'POLICY_CHANNEL_DENIED',
          text: `${channel} is on the list of channels that are not published; take it out of SETTLEMENT_CHANNELS_DENIED to publish it`,
        };
      }
      if (allowed.size === 0 || allowed.has(channel)) return undefined;
      return {
        code: 'POLICY_CHANNEL_DENIED',
        text: `${channel} is not on the list of channels that are published; add it to SETTLEMENT_CHANNELS to publish it`,
      };
    },
  };
}
