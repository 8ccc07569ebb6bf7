/** Structured logs: JSON lines, one logger a role. */

import { hostname } from 'node:os';
import pino, { type Logger } from 'pino';
import { traceFields } from './tracing/tracer.ts';

export type { Logger } from 'pino';

/**
 * @param role Bound to every line.
 * @param level Least severe level written.
 * @param file Where to; standard error by default.
 */
export function createLogger(role: string, level: string, file?: string): Logger {
  return pino(
    {
      level,
      base: { role, pid: process.pid, host: hostname() },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: (line) => traceFields(line as Record<string, unknown>),
      serializers: { err: pino.stdSerializers.errWithCause },
    },
    pino.destination({ dest: file ?? 2, sync: true }),
  );
}

/** A logger that writes nothing, for tests and tools. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
