import type { Client } from '../../../runtime/postgres/pool.ts';

/** An epoch that is finalised in a partition: what is proven after the offset is in no root. */
export interface FinalisedEpoch {
  readonly epoch: number;
  readonly sourceOffset: number;
}

/**
 * Epochs of a partition whose finalising watermark lies below `below`, among `epochs`, and all whose watermark lies at or
 * after `from`. One watermark finalises an epoch for every channel of a partition.
 */
export async function findFinalisedEpochs(
  client: Client,
  partition: number,
  range: { readonly from: number; readonly below: number },
  epochs: readonly number[],
): Promise<FinalisedEpoch[]> {
  const { rows } = await client.query<FinalisedEpoch>({
    name: 'find-finalised-epochs',
    text: `select epoch, min(source_offset) as "sourceOffset" from roots
     where source_partition = $1 and source_offset < $3 and (source_offset >= $2 or epoch = any($4::bigint[]))
     group by epoch`,
    values: [partition, range.from, range.below, epochs],
  });
  return rows;
}
