/**
 * Calls to the chain. A failure is trouble of the node when the node does not answer a simple question either: the gate closes
 * for a while that doubles, for ever; an answer opens it. Else it is trouble of that one call, and everything else goes on.
 */

import { type Pace, PaceWindow } from '../../../domain/cluster-pace.ts';
import { codeOf } from '../../../runtime/errors.ts';
import type { Chain, FinalizedHead, SettlerPorts } from './ports.ts';

/** Thrown to leave the work of this step; it is taken up again when the gate opens. */
export class RpcPaused extends Error {
  override readonly name = 'RpcPaused';
}

/** This call failed while the node answers others. `cause` is what it failed with. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly call: keyof Chain;

  constructor(call: keyof Chain, cause: unknown) {
    super(call, { cause });
    this.call = call;
  }
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

export class RpcGate {
  readonly #ports: Pick<SettlerPorts, 'chain' | 'now' | 'observe'>;
  readonly #pace = new PaceWindow();
  #failures = 0;
  #closedUntilMs = 0;

  constructor(ports: Pick<SettlerPorts, 'chain' | 'now' | 'observe'>) {
    this.#ports = ports;
  }

  get closedUntilMs(): number {
    return this.#closedUntilMs;
  }

  /** How long a slot takes, by the worker's clock and the heads that it has been told. */
  get pace(): Pace {
    return this.#pace.pace;
  }

  /** @throws RpcPaused */
  async finalizedHead(): Promise<FinalizedHead> {
    const head = await this.call('finalizedHead', (chain) => chain.finalizedHead());
    this.#pace.note(head.slot, this.#ports.now() / 1000);
    return head;
  }

  /** @throws RpcPaused, CallFailed */
  async call<T>(name: keyof Chain, work: (chain: Chain) => Promise<T>): Promise<T> {
    try {
      const answer = await work(this.#ports.chain);
      this.#opened();
      return answer;
    } catch (error) {
      // Who asks to be left alone is not asked another question.
      const nodeAnswers =
        codeOf(error) !== 'RPC_RATE_LIMITED' && name !== 'finalizedHead' && (await this.#nodeAnswers());
      const retryInMs = nodeAnswers ? 0 : this.#close();
      this.#ports.observe({ kind: 'rpcFailed', call: name, error, retryInMs, nodeAnswers });
      throw nodeAnswers ? new CallFailed(name, error) : new RpcPaused(name, { cause: error });
    }
  }

  async #nodeAnswers(): Promise<boolean> {
    try {
      await this.#ports.chain.finalizedHead();
      this.#opened();
      return true;
    } catch {
      return false;
    }
  }

  #opened(): void {
    this.#failures = 0;
    this.#ports.observe({ kind: 'rpcAnswered' });
  }

  #close(): number {
    this.#failures += 1;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.#failures - 1, 20));
    this.#closedUntilMs = this.#ports.now() + pauseMs;
    return pauseMs;
  }
}
