/** Writes ledger rows of roots. The roots' jobs are moved on by those who know what the row means. */

import type { SettlementRecord, SettlementStatus } from '../../../schemas/records.ts';
import type { PlacedRoot } from './lane.ts';
import type { SettlerPorts } from './ports.ts';
import { type Reason, reasonText } from './reasons.ts';
import { type RootToSettle, tallyOf } from './root-job.ts';

export interface RowContent {
  readonly status: SettlementStatus;
  /** Default: the newest attempt. */
  readonly attempt?: number;
  readonly signature?: string;
  readonly lastValidBlockHeight?: number;
  readonly slot?: number;
  readonly feeLamports?: bigint | null;
  readonly computeUnits?: number | null;
  readonly reason?: Reason;
}

export class JobLedger {
  readonly #ports: Pick<SettlerPorts, 'ledger' | 'offsets' | 'now'>;
  readonly #worker: string;

  constructor(ports: Pick<SettlerPorts, 'ledger' | 'offsets' | 'now'>, worker: string) {
    this.#ports = ports;
    this.#worker = worker;
  }

  owns({ lane }: Pick<PlacedRoot, 'lane'>): boolean {
    return this.#ports.offsets.owns(lane.partition, lane.generation);
  }

  /**
   * Appends one row a root, all acknowledged when it resolves. Idempotency key of a row: root, signature, status.
   * Returns at or before which offset each row stands; undefined for a partition that is another worker's by now.
   */
  async write(
    rows: readonly { readonly at: PlacedRoot; readonly content: RowContent }[],
  ): Promise<(bigint | undefined)[]> {
    const offsets: (bigint | undefined)[] = new Array<undefined>(rows.length).fill(undefined);
    const byLane = Map.groupBy(
      rows.map((row, index) => ({ ...row, index })),
      ({ at }) => at.lane,
    );
    for (const [lane, ofLane] of byLane) {
      if (!this.owns({ lane })) continue;
      const records = ofLane.map(({ at, content }) => this.#record(at.root, content, tallyOf(at.job).attempts));
      const written = await this.#ports.ledger.append(lane.partition, records);
      if (written === undefined) continue;
      for (const [position, { at, index }] of ofLane.entries()) {
        const offset = written[position] ?? 0n;
        lane.noteRow(at, offset);
        const record = records[position];
        if (record !== undefined) lane.published.note(record);
        lane.published.noteSlots(at.root, at.root);
        offsets[index] = offset;
      }
    }
    return offsets;
  }

  #record(root: RootToSettle, content: RowContent, attempts: number): SettlementRecord {
    return {
      channel: root.channel,
      epoch: root.epoch,
      root: root.root,
      status: content.status,
      attempt: content.attempt ?? attempts,
      signature: content.signature ?? null,
      lastValidBlockHeight: content.lastValidBlockHeight ?? null,
      slot: content.slot ?? null,
      feeLamports: content.feeLamports ?? null,
      computeUnits: content.computeUnits ?? null,
      reason: content.reason === undefined ? null : reasonText(content.reason),
      rootPartition: root.partition,
      rootOffset: Number(root.offset),
      at: this.#ports.now(),
      worker: this.#worker,
    };
  }
}
