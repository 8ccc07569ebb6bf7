import { type EpochSchedule, slotsOfEpoch } from '../../../domain/epoch-schedule.ts';
import type { Client } from '../../../runtime/postgres/pool.ts';

/** Notes the epochs that claims were seen in. Key: epoch; what is there stays. */
export async function insertEpochs(client: Client, schedule: EpochSchedule, epochs: readonly number[]): Promise<void> {
  if (epochs.length === 0) return;
  const slots = epochs.map((epoch) => slotsOfEpoch(schedule, BigInt(epoch)));
  await client.query(
    `insert into epochs (epoch, start_slot, end_slot)
     select * from unnest($1::bigint[], $2::bigint[], $3::bigint[]) on conflict (epoch) do nothing`,
    [epochs, slots.map(({ startSlot }) => startSlot), slots.map(({ endSlot }) => endSlot)],
  );
}
