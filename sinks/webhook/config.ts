/** Variables of the webhook sink. */

import { z } from 'zod';
import { httpUrl, kafkaConfig, processConfig, wholeNumber } from '../../runtime/config.ts';

export const webhookConfig = z.object({
  ...processConfig,
  ...kafkaConfig,
  AGGREGATOR_URL: httpUrl.describe(
    'where each event is posted; without it there is nothing to push to and this role is not started',
  ),
  AGGREGATOR_TOKEN: z.string().optional().describe('sent as header x-internal-token; unset: no such header'),
  AGGREGATOR_TIMEOUT_MS: wholeNumber(1).default(10_000).describe('longest wait for an answer to one push, ms'),
  AGGREGATOR_MAX_BACKOFF_MS: wholeNumber(1).default(30_000).describe('longest pause between two tries, ms'),
});
