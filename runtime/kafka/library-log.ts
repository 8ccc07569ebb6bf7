/** What of the library's own words goes into our log, and how loud. */

import { type LogEntry, logLevel } from 'kafkajs';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logging.ts';

/** Passing states of every start, of every warm start of a broker, and of every quick sequence of transactions. */
const ROUTINE =
  /another concurrent operation on the same transaction|coordinator is (not available|loading)|not the correct coordinator|Limiting retries|Restarting the consumer/;

export function writeLibraryLog(log: Logger, entry: LogEntry): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } = entry.log;
  // The library tells of what it retries by itself; what it gives up on reaches the role as a thrown error.
  const routine = ROUTINE.test(`${message} ${String(fields['error'])}`);
  const level = entry.level === logLevel.ERROR && !routine ? 'warn' : 'debug';
  log[level]({ library: 'kafkajs', namespace: entry.namespace, ...fields }, message);
}

/** How loud a consumer's crash is: one after which the library joins again by itself is no error, and a warm start has many. */
export function levelOfCrash(error: unknown, restarts: boolean): 'debug' | 'warn' | 'error' {
  if (!restarts) return 'error';
  return ROUTINE.test(messageOf(error)) ? 'debug' : 'warn';
}
