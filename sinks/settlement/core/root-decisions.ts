/** What is decided of roots that are not sent: their rows in the ledger, and the moves of their jobs. */

import * as holds from './holds.ts';
import type { JobLedger } from './job-ledger.ts';
import type { PlacedRoot } from './lane.ts';
import { toldBy } from './policy/decision-book.ts';
import type { SettlerPorts } from './ports.ts';
import type { Reason } from './reasons.ts';
import { held, type RootToSettle, refused } from './root-job.ts';
import type { CallFailed } from './rpc-gate.ts';
import { isGivenUp, type SettlerSettings } from './settings.ts';

/** Tries of one root that come to nothing before its ledger says why. */
const REFUSALS_BEFORE_HELD = 5;

export class RootDecisions {
  readonly #ports: Pick<SettlerPorts, 'now' | 'observe' | 'decisions'>;
  readonly #settings: SettlerSettings;
  readonly #ledger: JobLedger;

  constructor(
    ports: Pick<SettlerPorts, 'now' | 'observe' | 'decisions'>,
    settings: SettlerSettings,
    ledger: JobLedger,
  ) {
    this.#ports = ports;
    this.#settings = settings;
    this.#ledger = ledger;
  }

  /** The chain has it, finalised. */
  async alreadySettled(at: PlacedRoot, reason?: Reason): Promise<void> {
    const content = { status: 'ALREADY_SETTLED', ...(reason === undefined ? {} : { reason }) } as const;
    await this.#ledger.write([{ at, content }]);
    at.lane.finish(at);
    this.#ports.observe({ kind: 'alreadySettled', root: at.root });
  }

  /** The chain has another root for its epoch, or an operator gave it up: done, and the channel stops or goes on. */
  async conflict(at: PlacedRoot, why: Reason): Promise<void> {
    const { root } = at;
    const givenUp = this.#isGivenUp(root);
    const people = this.#ports.decisions?.givenUpBy(root.channel, root.epoch);
    const reason = givenUp ? holds.givenUpReason(root, why.text, people && toldBy(people)) : why;
    const [rowOffset] = await this.#ledger.write([{ at, content: { status: 'CONFLICT', reason } }]);
    if (!givenUp) at.lane.stop(root.channel, { epoch: root.epoch, rowOffset: rowOffset ?? 0n });
    at.lane.finish(at);
    this.#ports.observe({ kind: 'conflict', root, code: reason.code, reason: reason.text });
  }

  /** For what no waiting mends: an operator may give the root up. */
  async holdOrPassOver(at: PlacedRoot, reason: Reason): Promise<void> {
    if (this.#isGivenUp(at.root)) await this.conflict(at, reason);
    else await this.hold(at, reason);
  }

  #isGivenUp({ channel, epoch }: RootToSettle): boolean {
    return isGivenUp(this.#settings, channel, epoch) || this.#ports.decisions?.givenUpBy(channel, epoch) !== undefined;
  }

  /** Writes once who let a root go, before it is sent. */
  async letGo(at: PlacedRoot, by: string): Promise<void> {
    await this.hold(at, { code: holds.LET_GO_BY_PERSON, text: `${by}; it is sent`, notBeforeMs: 0 });
  }

  /** Writes HELD unless the root's newest row says the same already. */
  async hold(at: PlacedRoot, reason: Reason & { readonly notBeforeMs?: number }): Promise<void> {
    if (!isHeldBy(at, reason.code)) {
      await this.#ledger.write([{ at, content: { status: 'HELD', reason } }]);
      this.#ports.observe({ kind: 'held', root: at.root, code: reason.code, reason: reason.text });
    }
    const againMs = this.#ports.now() + this.#settings.holdRetryMs;
    at.move((job) => held(job, reason.code, Math.min(againMs, reason.notBeforeMs ?? againMs)));
  }

  /** Tries again after a pause; what fails again and again is held with its reason. */
  async tryLater(at: PlacedRoot, reason: Reason): Promise<void> {
    const { job } = at;
    if ('refusals' in job && job.refusals + 1 >= REFUSALS_BEFORE_HELD) return this.hold(at, reason);
    at.move((before) => refused(before, this.#ports.now()));
    this.#ports.observe({ kind: 'postponed', root: at.root, code: reason.code, reason: reason.text });
  }

  /** A call about it failed while the node answers others. */
  troubled(at: PlacedRoot, { call, cause }: CallFailed): Promise<void> {
    return this.tryLater(at, holds.callFailedHold(call, cause));
  }
}

/** Whether the root's newest row says HELD with this code. */
export function isHeldBy({ job }: PlacedRoot, code: string): boolean {
  return job.kind === 'held' && job.code === code;
}
