/** Writes ledger rows of jobs and keeps the jobs' bookkeeping in step with them. */

import type { SettlementRecord, SettlementStatus } from '../../../schemas/records.ts';
import type { Lane } from './lane.ts';
import type { SettlerPorts } from './ports.ts';
import { type Reason, reasonText } from './reasons.ts';
import type { Job } from './root-job.ts';

/** A job in its lane. */
export interface PlacedJob {
  readonly lane: Lane;
  readonly job: Job;
}

export interface RowContent {
  readonly status: SettlementStatus;
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

  owns({ lane }: Pick<PlacedJob, 'lane'>): boolean {
    return this.#ports.offsets.owns(lane.partition, lane.generation);
  }

  /**
   * Appends one row a job, all acknowledged when it resolves. Idempotency key of a row: root, signature, status.
   * Returns at or before which offset each row stands; undefined for a partition that is another worker's by now.
   */
  async write(
    rows: readonly { readonly at: PlacedJob; readonly content: RowContent }[],
  ): Promise<(bigint | undefined)[]> {
    const offsets: (bigint | undefined)[] = new Array<undefined>(rows.length).fill(undefined);
    const byLane = Map.groupBy(
      rows.map((row, index) => ({ ...row, index })),
      ({ at }) => at.lane,
    );
    for (const [lane, ofLane] of byLane) {
      if (!this.owns({ lane })) continue;
      const written = await this.#ports.ledger.append(
        lane.partition,
        ofLane.map(({ at, content }) => this.#record(at.job, content)),
      );
      for (const [position, { at, content, index }] of ofLane.entries()) {
        const offset = written[position] ?? 0n;
        lane.noteRow(at.job, offset);
        at.job.heldCode = content.status === 'HELD' ? content.reason?.code : undefined;
        offsets[index] = offset;
      }
    }
    return offsets;
  }

  #record({ root, attempts }: Job, content: RowContent): SettlementRecord {
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
