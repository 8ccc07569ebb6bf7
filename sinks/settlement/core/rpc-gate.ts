/** Calls to the chain: a failure closes the gate for a while that doubles, for ever; an answer opens it. */

import type { Chain, SettlerPorts } from './ports.ts';

/** Thrown to leave the work of this step; it is taken up again when the gate opens. */
export class RpcPaused extends Error {
  override readonly name = 'RpcPaused';
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

export class RpcGate {
  readonly #ports: Pick<SettlerPorts, 'chain' | 'now' | 'observe'>;
  #failures = 0;
  #closedUntilMs = 0;

  constructor(ports: Pick<SettlerPorts, 'chain' | 'now' | 'observe'>) {
    this.#ports = ports;
  }

  get closedUntilMs(): number {
    return this.#closedUntilMs;
  }

  /** @throws RpcPaused */
  async call<T>(name: keyof Chain, work: (chain: Chain) => Promise<T>): Promise<T> {
    try {
      const answer = await work(this.#ports.chain);
      this.#failures = 0;
      this.#ports.observe({ kind: 'rpcAnswered' });
      return answer;
    } catch (error) {
      this.#failures += 1;
      const retryInMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.#failures - 1, 20));
      this.#closedUntilMs = this.#ports.now() + retryInMs;
      this.#ports.observe({ kind: 'rpcFailed', call: name, error, retryInMs });
      throw new RpcPaused(name, { cause: error });
    }
  }
}
