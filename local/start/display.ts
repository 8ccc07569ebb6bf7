/** What `npm start` shows: lines, a live status on a terminal, and the summary. With --json, people's lines go to standard error. */

import type { EventCounter } from './event-counter.ts';
import type { ServedRoot } from './gateway-view.ts';
import { isSettled, type Summary } from './goal.ts';

const QUIET_STATUS_MS = 10_000;

export class Display {
  readonly #json: boolean;
  readonly #out: NodeJS.WriteStream;
  readonly #startedMs = Date.now();
  #statusShown = false;
  #lastStatusMs = 0;

  constructor(json: boolean) {
    this.#json = json;
    this.#out = json ? process.stderr : process.stdout;
  }

  line(text: string): void {
    this.#clearStatus();
    this.#out.write(`[${this.#seconds()}] ${text}\n`);
  }

  addresses(addresses: Readonly<Record<string, string>>): void {
    const width = Math.max(...Object.keys(addresses).map((name) => name.length));
    for (const [name, address] of Object.entries(addresses)) this.line(`  ${name.padEnd(width)}  ${address}`);
  }

  /** One line that is written over on a terminal; elsewhere a line every ten seconds. */
  status(text: string): void {
    if (this.#out.isTTY) {
      this.#out.write(`\r\u001b[2K[${this.#seconds()}] ${text}`);
      this.#statusShown = true;
    } else if (Date.now() - this.#lastStatusMs >= QUIET_STATUS_MS) {
      this.#lastStatusMs = Date.now();
      this.line(text);
    }
  }

  /** @param publishing Whether roots are sent to the chain: else none is ever settled, and that is said. */
  progress(
    { events, claims }: Pick<EventCounter, 'events' | 'claims'>,
    roots: readonly ServedRoot[],
    publishing: boolean,
  ): void {
    const newest = roots[0];
    const last =
      newest === undefined
        ? ''
        : `; newest ${newest.channel} epoch ${newest.epoch} ${newest.root.slice(0, 12)}… (${newest.count} claims)`;
    const settled = `settled ${roots.filter(isSettled).length}${publishing ? '' : ' (nothing is published)'}`;
    this.status(`events ${events}, claims ${claims}, roots ${roots.length}, ${settled}${last}`);
  }

  summary(summary: Summary): void {
    this.#clearStatus();
    if (this.#json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else {
      const { events, claims, roots, settled, proofsClaimed, durationMs } = summary;
      this.line(
        `events ${events}, claims ${claims}, roots ${roots}, settled ${settled}, claimed with our proofs ${proofsClaimed}, in ${(durationMs / 1000).toFixed(1)} s`,
      );
    }
  }

  #clearStatus(): void {
    if (this.#statusShown) this.#out.write('\r\u001b[2K');
    this.#statusShown = false;
  }

  #seconds(): string {
    return ((Date.now() - this.#startedMs) / 1000).toFixed(1).padStart(6);
  }
}
