/** A client of several gateways that asks all the time, as one does behind a service: another replica where the first does not answer. */

import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 100;
const PATIENCE_MS = 10_000;
const QUESTION = JSON.stringify({ query: '{ roots(first: 1) { edges { node { channel epoch root } } } }' });

export interface Served {
  readonly asked: number;
  /** Questions whose first replica did not answer and another one did. */
  readonly answeredByAnother: number;
  /** Questions that no replica answered, with when and why. */
  readonly unserved: readonly string[];
}

export class SteadyClient {
  readonly #replicas = new Set<string>();
  readonly #unserved: string[] = [];
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #asked = 0;
  #answeredByAnother = 0;

  /** @param replicas Base URLs. @param ask Rejects where a replica does not answer. */
  constructor(replicas: Iterable<string>, ask: (url: string) => Promise<void> = askRoots, pauseMs = PAUSE_MS) {
    for (const url of replicas) this.#replicas.add(url);
    this.#done = this.#run(ask, pauseMs);
  }

  /** As the readiness of a replica tells a service. */
  add(url: string): void {
    this.#replicas.add(url);
  }

  remove(url: string): void {
    this.#replicas.delete(url);
  }

  async stop(): Promise<Served> {
    this.#stop.abort();
    await this.#done;
    return { asked: this.#asked, answeredByAnother: this.#answeredByAnother, unserved: this.#unserved };
  }

  async #run(ask: (url: string) => Promise<void>, pauseMs: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#question(ask);
      await delay(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #question(ask: (url: string) => Promise<void>): Promise<void> {
    const urls = [...this.#replicas];
    const first = this.#asked % Math.max(1, urls.length);
    this.#asked += 1;
    const reasons: string[] = [];
    for (const url of [...urls.slice(first), ...urls.slice(0, first)]) {
      try {
        await ask(url);
        if (reasons.length > 0) this.#answeredByAnother += 1;
        return;
      } catch (error) {
        reasons.push(`${url}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    this.#unserved.push(`${new Date().toISOString()} ${reasons.join('; ') || 'there is no replica'}`);
  }
}

async function askRoots(url: string): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: QUESTION,
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const { data, errors } = (await response.json()) as {
    data?: { roots?: unknown } | null;
    errors?: { message: string }[];
  };
  if (errors !== undefined || data?.roots === undefined)
    throw new Error(errors?.[0]?.message ?? `status ${response.status}`);
}
