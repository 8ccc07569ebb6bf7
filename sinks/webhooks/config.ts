/** Variables of the webhooks role. */

import { z } from 'zod';
import { kafkaConfig, listText, processConfig, wholeNumber } from '../../runtime/config.ts';

/** What the commands of `ao webhooks` read as well. */
export const endpointsConfig = {
  WEBHOOKS_FILE: z
    .string()
    .describe(
      'JSON file of the endpoints and their secrets, readable by its owner and group only; without it this role is not started',
    ),
  WEBHOOKS_PRIVATE_NETWORKS: listText
    .pipe(z.array(z.string().regex(/^[0-9a-f.:]+\/\d{1,3}$/i, 'must be a network such as 10.0.0.0/8')))
    .default([])
    .describe(
      'private networks that endpoints may be in, and may have http:// URLs in; none: only public addresses and https://',
    ),
  WEBHOOKS_TIMEOUT_MS: wholeNumber(1).default(10_000).describe('longest wait for an answer to one delivery, ms'),
};

export const webhooksConfig = z.object({
  ...processConfig,
  ...kafkaConfig,
  ...endpointsConfig,
  WEBHOOKS_MAX_BACKOFF_MS: wholeNumber(1).default(60_000).describe('longest pause between two tries of a delivery, ms'),
  WEBHOOKS_IN_FLIGHT: wholeNumber(1)
    .default(16)
    .describe('most channels that are delivered to one endpoint at once; each in its order'),
});
