import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;
/** Only a hang is caught by it, shortly before Jest would: a busy machine makes tests slower, never red. */
const HANG_MS = 570_000;

/**
 * Looks again and again until `look` gives something that is not false or undefined, and returns it.
 * @param signal Ends the looking.
 * @throws Error naming `what` and the last failure when it hangs.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  signal?: AbortSignal,
): Promise<T> {
  const endMs = Date.now() + HANG_MS;
  let lastError: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > endMs) {
      throw new Error(`${what}: not within ${HANG_MS / 1000} s`, { cause: lastError });
    }
    await delay(POLL_MS);
  }
}

/**
 * Looks again and again until `look` finds nothing any more. Returns what it found last, so that an assertion can show it.
 */
export async function untilNone<T>(look: () => Promise<T[]>): Promise<T[]> {
  let last: T[] = [];
  const empty = async (): Promise<boolean> => {
    last = await look();
    return last.length === 0;
  };
  await until('nothing is left', empty).catch((error: unknown) => {
    if (last.length === 0) throw error;
  });
  return last;
}
