/** A role as it runs in production, in a process of its own. */

import { setTimeout as delay } from 'node:timers/promises';
import { role as gateway } from '../../graphql/main.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { type StartedRole, startRole } from '../../runtime/role.ts';
import { role as sink } from '../../sinks/postgres/main.ts';
import { answerParent } from '../measure/child-process.ts';

const LOOK_MS = 50;
let running: StartedRole | undefined;

answerParent({
  /** Resolves when the role is ready, to what it says of itself. */
  start: async ({ name, env }: { name: 'gateway' | 'sink'; env: Record<string, string> }) => {
    const log = silentLogger();
    const started = name === 'sink' ? await startRole(sink, env, log) : await startRole(gateway, env, log);
    running = started;
    while (!Object.values(started.ready()).every(Boolean)) await delay(LOOK_MS);
    return started.describe;
  },
  stop: async () => running?.stop(),
});
