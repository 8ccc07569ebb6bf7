/** Structured logs: JSON lines on standard error, one logger a role. */

import { hostname } from 'node:os';
import pino, { type Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * @param role Bound to every line.
 * @param level Least severe level written.
 */
export function createLogger(role: string, level: string): Logger {
  return pino(
    {
      level,
      base: { role, pid: process.pid, host: hostname() },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.errWithCause },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** A logger that writes nothing, for tests and tools. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
