/**
 * What the cluster's commitments mean: under Alpenglow what is confirmed is final, and an event is written once, as final; under TowerBFT it
 * is written at confirmed and vouched for later. Found out by asking, again and again, for a cluster goes over while the listener runs.
 * Whatever is uncertain means the careful path of two steps.
 */

import { messageOf } from '../../../../runtime/errors.ts';
import type { ChainReader, Clock, EndpointConsensus } from '../ports.ts';

/** A finding and why. */
export interface FinalityFinding {
  readonly oneStep: boolean;
  readonly reason: string;
}

/** One step only where an endpoint shows the certificate, none denies it, and none has confirmed what is not final. */
export function finalityOf(answers: readonly EndpointConsensus[]): FinalityFinding {
  const denies = answers.find(({ alpenglow }) => alpenglow === false);
  if (denies !== undefined) return { oneStep: false, reason: `${denies.endpoint} has no certificate of Alpenglow` };
  if (!answers.some(({ alpenglow }) => alpenglow === true))
    return { oneStep: false, reason: 'no endpoint knows whether the cluster has gone over to Alpenglow' };
  const behind = answers.find(({ confirmedIsFinal }) => !confirmedIsFinal);
  if (behind !== undefined)
    return { oneStep: false, reason: `${behind.endpoint} has confirmed what it has not finalised` };
  return { oneStep: true, reason: 'the cluster is settled by Alpenglow' };
}

export interface FinalityPorts {
  readonly chain: Pick<ChainReader, 'consensus'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Told of every change, the first finding included. */
  onChange(finding: FinalityFinding): void;
}

/** Between two questions, ms. */
const ASK_AGAIN_MS = 10_000;
/** Findings in a row that change the path, after the first: one answer may come from a back end that is behind. */
const FINDINGS = 2;

export class FinalityWatch {
  readonly #ports: FinalityPorts;
  #known: boolean | undefined;
  #different = 0;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(ports: FinalityPorts) {
    this.#ports = ports;
  }

  /** Whether what is confirmed is final; false while that is not known. */
  get oneStep(): boolean {
    return this.#known === true;
  }

  /** Asks, unless it was asked lately. Never throws: without an answer nothing changes. */
  async look(): Promise<void> {
    const { chain, clock } = this.#ports;
    if (clock.nowMs() - this.#askedMs < ASK_AGAIN_MS) return;
    this.#askedMs = clock.nowMs();
    const finding = await chain.consensus().then(finalityOf, (error: unknown) => ({
      oneStep: this.oneStep,
      reason: `no endpoint says how the cluster settles its blocks (${messageOf(error)})`,
    }));
    this.#different = finding.oneStep === this.#known ? 0 : this.#different + 1;
    if (this.#different === 0 || (this.#known !== undefined && this.#different < FINDINGS)) return;
    this.#known = finding.oneStep;
    this.#different = 0;
    this.#ports.onChange(finding);
  }
}
