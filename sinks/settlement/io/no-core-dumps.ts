/** A core dump of a process that holds a key would hold the key. */

import { writeFileSync } from 'node:fs';
import { messageOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/logging.ts';

/** Linux: which memory of this process a core dump has. */
const FILTER = '/proc/self/coredump_filter';

/** Keeps all memory of this process out of core dumps, where the system lets it; else says what can be done from outside. */
export function keepOutOfDumps(log: Logger, filter = FILTER): void {
  try {
    writeFileSync(filter, '0', { flag: 'r+' });
  } catch (error) {
    log.warn(
      { reason: messageOf(error) },
      'core dumps of this process would hold the key: set their limit to 0 (ulimit -c 0; LimitCORE=0 of systemd; ulimits.core of Docker)',
    );
  }
}
