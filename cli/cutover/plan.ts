/** What a cut-over works on, from its plan file. */

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';

const command = z.string().min(1);
const httpUrl = z.url({ protocol: /^https?$/ });

const planShape = z.strictObject({
  legacy: z.strictObject({
    /** Its PostgreSQL. */
    database: z.url({ protocol: /^postgres(ql)?$/ }),
    schema: z.string().default('public'),
  }),
  /** Where clients ask: the legacy gateway's port, which the new gateway takes over. */
  publicUrl: httpUrl,
  /** The new gateway beside it. */
  gatewayUrl: httpUrl,
  /** Operators' doors of our settlement workers: while the legacy system publishes, they must not. */
  settlementUrls: z.array(httpUrl).min(1).default(['http://127.0.0.1:9104']),
  /** First epoch that is compared. */
  sinceEpoch: z.number().int().nonnegative().default(0),
  epochs: z.number().int().positive().default(3),
  maxLagRecords: z.number().int().nonnegative().default(100),
  backups: z.strictObject({
    dir: z.string().min(1),
    topicsKey: z.string().optional(),
    hours: z.number().int().positive().default(26),
    rpoSeconds: z.number().int().positive().default(3600),
  }),
  /** Of the shell. Each may be run again where it has been run. */
  commands: z.strictObject({
    stopLegacyGateway: command,
    startLegacyGateway: command,
    stopLegacyListener: command,
    startLegacyListener: command,
    stopLegacyAggregator: command,
    startLegacyAggregator: command,
    /** Prints how many events wait in the legacy queue. */
    legacyQueueDepth: command,
    startPublishing: command,
    stopPublishing: command,
    decommissionLegacy: command.default('true'),
  }),
  archive: z.strictObject({
    /** Folder for legacy_data_archive_*.tar.gz. */
    dir: z.string().min(1),
    /** Files and folders of the legacy system that go into it. */
    paths: z.array(z.string()).default([]),
  }),
});

export type CutoverPlan = z.output<typeof planShape>;
export type PlanCommand = keyof CutoverPlan['commands'];

/** @throws AppError OPTION_INVALID with each field that is wrong. */
export function readPlan(path: string): CutoverPlan {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new AppError('OPTION_INVALID', `The plan ${path} cannot be read as JSON: transition/README.md shows one.`, {
      cause,
    });
  }
  const { success, data, error } = planShape.safeParse(json);
  if (success) return data;
  throw new AppError('OPTION_INVALID', `The plan ${path} is wrong: ${z.prettifyError(error)}`);
}
