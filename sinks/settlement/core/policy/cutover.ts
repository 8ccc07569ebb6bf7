/** While the legacy system publishes, this one does not: `ao cutover` says who does. */

import { LEGACY_PUBLISHES } from '../holds.ts';
import { type Policy, unseen } from './policy.ts';

export function cutoverPolicy(follows: boolean): Policy | undefined {
  if (!follows) return undefined;
  return {
    needs: ['publisher'],
    judge({ publisher }) {
      if ('unknown' in publisher) return unseen('the cut-over', publisher.unknown);
      if (publisher.value !== 'legacy') return undefined;
      return {
        code: LEGACY_PUBLISHES,
        text: 'the cut-over stands where the legacy system publishes; the root follows by itself once `ao cutover start 2` has ended it',
      };
    },
  };
}
