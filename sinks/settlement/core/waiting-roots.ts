/** Says of the roots behind another one of their channel what they wait for, once each. */

import * as holds from './holds.ts';
import type { JobLedger } from './job-ledger.ts';
import type { Lane, PlacedRoot } from './lane.ts';
import type { SettlerPorts } from './ports.ts';
import type { Reason } from './reasons.ts';
import { isHeldBy } from './root-decisions.ts';
import { held } from './root-job.ts';

const PAUSE_MS = 1000;
/** Rows written at once. */
const ROWS = 500;

export class WaitingRoots {
  readonly #ports: Pick<SettlerPorts, 'now' | 'observe'>;
  readonly #ledger: JobLedger;
  #nextMs = 0;

  constructor(ports: Pick<SettlerPorts, 'now' | 'observe'>, ledger: JobLedger) {
    this.#ports = ports;
    this.#ledger = ledger;
  }

  /** Writes HELD where nothing says why a root waits, or what it says is no longer so. */
  async say(lanes: Iterable<Lane>): Promise<void> {
    const nowMs = this.#ports.now();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + PAUSE_MS;
    const rows: { at: PlacedRoot; reason: Reason }[] = [];
    for (const lane of lanes) {
      if (!lane.loaded) continue;
      for (const { at, first } of lane.behind()) {
        if (rows.length < ROWS && this.#ledger.owns(at) && isUntold(at, first)) {
          const firstCode = first.job.kind === 'held' ? first.job.code : undefined;
          rows.push({ at, reason: holds.behindHold(at.root, first.root, firstCode) });
        }
      }
    }
    await this.#ledger.write(rows.map(({ at, reason }) => ({ at, content: { status: 'HELD' as const, reason } })));
    for (const { at, reason } of rows) {
      // Nothing to wait for once it is the oldest.
      at.move((job) => held(job, reason.code, nowMs));
      this.#ports.observe({ kind: 'held', root: at.root, code: reason.code, reason: reason.text });
    }
  }
}

/** Behind a root that goes its way nothing needs to be said, unless something else was said before. */
function isUntold(at: PlacedRoot, first: PlacedRoot): boolean {
  if (at.job.kind === 'waiting') return first.job.kind === 'held';
  return at.job.kind === 'held' && !isHeldBy(at, holds.WAITING_BEHIND);
}
