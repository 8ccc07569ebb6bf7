/** Variables of the parity watch. */

import { z } from 'zod';
import { postgresConfig, processConfig, wholeNumber } from '../runtime/config.ts';

export const parityConfig = z.object({
  ...processConfig,
  ...postgresConfig,
  LEGACY_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' })
    .describe("the legacy system's database; without it there is nothing to compare with and this role is not started"),
  LEGACY_SCHEMA: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*$/, 'must be a lower-case SQL identifier')
    .default('public')
    .describe("schema of the legacy system's tables"),
  PARITY_SINCE_EPOCH: wholeNumber(0).default(0).describe('first epoch that is compared'),
  PARITY_INTERVAL_MS: wholeNumber(1).default(300_000).describe('pause between two comparisons, ms'),
});
