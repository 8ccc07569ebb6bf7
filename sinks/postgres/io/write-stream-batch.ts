/** A batch of the event topic and the position behind it, in one transaction. */

import type { EpochSchedule } from '../../../domain/epoch-schedule.ts';
import { type Client, inTransaction, type Pool } from '../../../runtime/postgres/pool.ts';
import { mergeCoverage } from '../core/coverage.ts';
import { newestSightings } from '../core/publication-sightings.ts';
import { epochsShown } from '../core/stream-items.ts';
import { type PlacedWatermark, planStreamBatch, type StreamItem } from '../core/stream-plan.ts';
import { advancePosition, type PositionStep } from './advance-position.ts';
import { allowLongStatements } from './allow-long-statements.ts';
import { findFinalisedEpochs } from './find-finalised-epochs.ts';
import { insertEpochs } from './insert-epochs.ts';
import { insertRefused } from './insert-refused.ts';
import { keepSightings } from './keep-sightings.ts';
import { loadCoverage } from './load-coverage.ts';
import { loadStates } from './load-states.ts';
import { markOutsideRoots, type OutsideRoots } from './mark-outside-roots.ts';
import { promoteStates } from './promote-states.ts';
import { saveCoverage } from './save-coverage.ts';
import { CLAIMS, PUBLISHED_ROOTS } from './tracked-tables.ts';
import { upsertStates } from './upsert-states.ts';
import { writeGaps } from './write-gaps.ts';

export interface StreamWritten extends OutsideRoots {
  /** Rows inserted or changed by the batch's own records. */
  readonly claims: number;
  readonly publications: number;
}

/** @throws AppError POSITION_MOVED; database errors, after which nothing of the batch is there. */
export async function writeStreamBatch(
  pool: Pool,
  step: PositionStep,
  items: readonly StreamItem[],
  schedule: EpochSchedule,
): Promise<StreamWritten> {
  return inTransaction(pool, async (client) => {
    await allowLongStatements(client);
    const highest = await advancePosition(client, step);
    const { partition } = step;
    const ids = (kind: 'claim' | 'publication'): string[] => [
      ...new Set(items.flatMap((item) => (item.kind === kind ? [item.record.eventId] : []))),
    ];
    const plan = planStreamBatch(items, {
      claims: await loadStates(client, CLAIMS, ids('claim')),
      publications: await loadStates(client, PUBLISHED_ROOTS, ids('publication')),
    });
    await insertEpochs(client, schedule, epochsShown(items));
    const position = highest.after - 1;
    await upsertStates(client, CLAIMS, partition, position, plan.claims);
    await upsertStates(client, PUBLISHED_ROOTS, partition, position, plan.publications);
    await insertRefused(client, partition, plan.refused);
    await keepSightings(client, partition, newestSightings(items));
    const promoted = await promoteStates(client, CLAIMS, partition, position, plan.watermarks);
    await promoteStates(client, PUBLISHED_ROOTS, partition, position, plan.watermarks);
    await writeCoverage(client, partition, plan.watermarks, highest.before);

    const touched = new Set([...promoted, ...plan.claims.map(({ content }) => content.epoch)]);
    const crossed = { from: highest.before, below: highest.after };
    const finalised = await findFinalisedEpochs(client, partition, crossed, [...touched]);
    const outside = await markOutsideRoots(client, partition, finalised);
    return { claims: plan.claims.length, publications: plan.publications.length, ...outside };
  });
}

async function writeCoverage(
  client: Client,
  partition: number,
  watermarks: readonly PlacedWatermark[],
  countedBelow: number,
): Promise<void> {
  if (watermarks.length === 0) return;
  const sources = [...new Set(watermarks.map(({ source }) => source))];
  const fromSlot = Math.min(...watermarks.map((watermark) => watermark.fromSlot));
  const toSlot = Math.max(...watermarks.map(({ slot }) => slot));
  await writeGaps(client, partition, watermarks);
  const stored = await loadCoverage(client, partition, sources, fromSlot, toSlot);
  await saveCoverage(client, partition, mergeCoverage(stored, watermarks, countedBelow));
}
