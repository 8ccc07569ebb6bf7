/** A part that is started again, at the same address, whenever it dies. */

import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../runtime/backoff.ts';
import { AppError, messageOf } from '../../runtime/errors.ts';
import type { EmbeddedPartOptions, StartedPart } from './part.ts';

/** A part that lived longer than this is started again quickly. */
const STEADY_MS = 60_000;
const ATTEMPTS = 3;

export interface KeptPart {
  readonly address: string;
  /** Of the process running now. */
  readonly pid: number | undefined;
  stop(withinMs?: number): Promise<void>;
}

export interface KeepPartOptions {
  /** For messages: "Kafka". */
  readonly title: string;
  start(options: Pick<EmbeddedPartOptions, 'ports' | 'signal'>): Promise<StartedPart>;
  readonly ports: EmbeddedPartOptions['ports'];
  readonly signal?: AbortSignal | undefined;
  readonly log: (line: string) => void;
}

/**
 * Starts a part, up to three times where trying again may help, and keeps it running until `stop`.
 * @throws what its start throws.
 */
export async function keepPart(options: KeepPartOptions): Promise<KeptPart> {
  const { title, start, log } = options;
  const stopping = new AbortController();
  let current = await firstStart(options);
  const port = Number(new URL(current.address.includes('://') ? current.address : `part://${current.address}`).port);
  let startedMs = Date.now();

  const keep = async (): Promise<void> => {
    for (let deaths = 0; ; ) {
      const how = await current.exited;
      if (stopping.signal.aborted) return;
      const diedMs = Date.now();
      deaths = diedMs - startedMs > STEADY_MS ? 1 : deaths + 1;
      for (let reason = `ended with ${how}`; ; deaths += 1) {
        const pauseMs = backoffMs(deaths, 500, 30_000);
        log(`${title} ${reason}; starting it again in ${(pauseMs / 1000).toFixed(1)} s`);
        await delay(pauseMs, undefined, { signal: stopping.signal });
        try {
          current = await start({ ports: { given: port }, signal: stopping.signal });
          if (stopping.signal.aborted) await current.stop();
          break;
        } catch (error) {
          stopping.signal.throwIfAborted();
          reason = `did not start: ${messageOf(error)}`;
        }
      }
      startedMs = Date.now();
      log(`${title} is back, ${((startedMs - diedMs) / 1000).toFixed(1)} s after it ended`);
    }
  };
  const kept = keep().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });

  return {
    address: current.address,
    get pid() {
      return current.pid;
    },
    async stop(withinMs) {
      stopping.abort();
      await current.stop(withinMs);
      await kept;
    },
  };
}

async function firstStart({ title, start, ports, signal, log }: KeepPartOptions): Promise<StartedPart> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // Another program may have taken the port between our look and the part's own bind: then any port will do.
      return await start({ ports: attempt === 1 ? ports : { given: ports.given }, signal });
    } catch (error) {
      signal?.throwIfAborted();
      const mayHelp = error instanceof AppError && error.retryable && attempt < ATTEMPTS;
      if (!mayHelp || (error.code === 'STACK_PORT_TAKEN' && ports.given !== undefined)) throw error;
      log(`${title} did not start, trying once more: ${error.message.split('\n')[0]}`);
    }
  }
}
