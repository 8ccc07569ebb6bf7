import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * Looks again and again until `look` gives something that is not false or undefined, and returns it.
 * @param signal Ends the looking.
 * @throws Error naming `what` and the last failure when the deadline passes.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = 30_000,
  signal?: AbortSignal,
): Promise<T> {
  const endMs = Date.now() + deadlineMs;
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
      throw new Error(`${what}: not within ${deadlineMs / 1000} s`, { cause: lastError });
    }
    await delay(POLL_MS);
  }
}

/**
 * Looks again and again until `look` finds nothing any more. Returns what it found last, so that an assertion can show it.
 */
export async function untilNone<T>(look: () => Promise<T[]>, deadlineMs = 30_000): Promise<T[]> {
  let last: T[] = [];
  const empty = async (): Promise<boolean> => {
    last = await look();
    return last.length === 0;
  };
  await until('nothing is left', empty, deadlineMs).catch((error: unknown) => {
    if (last.length === 0) throw error;
  });
  return last;
}
