/** Roots that no transaction can carry, whatever the chain says. */

import { messageOf } from '../../../runtime/errors.ts';
import type { TransactionFactory } from './ports.ts';
import type { RootToSettle } from './root-job.ts';
import { FORM_LIMITS } from './transaction-form.ts';

/** What every cluster takes. */
const MAX_BYTES = FORM_LIMITS.legacy.bytes;

/** Why; undefined for a root that fits. */
export function whyUnpublishable(
  root: RootToSettle,
  transactions: Pick<TransactionFactory, 'size'>,
): string | undefined {
  if (root.channel !== root.channel.replace(/[A-Z]/g, (letter) => letter.toLowerCase())) {
    return 'its channel is not in lower case, as the program keeps it';
  }
  // Before a transaction is made of it: that takes the square of its length.
  const channelBytes = new TextEncoder().encode(root.channel).length;
  if (channelBytes > MAX_BYTES) return `the name of its channel takes ${channelBytes} bytes`;
  try {
    const { bytes } = transactions.size([root], 'legacy');
    return bytes <= MAX_BYTES ? undefined : `it would take ${bytes} bytes of at most ${MAX_BYTES}`;
  } catch (error) {
    return messageOf(error);
  }
}
