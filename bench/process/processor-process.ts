/** The processor as it runs in production, in a process of its own. */

import { role } from '../../processors/epoch-roots/main.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { type StartedRole, startRole } from '../../runtime/role.ts';
import { answerParent } from '../measure/child-process.ts';

let running: StartedRole | undefined;

answerParent({
  start: async ({ env }: { env: Record<string, string> }) => {
    running = await startRole(role, env, silentLogger());
  },
  peakRssMb: async () => process.resourceUsage().maxRSS / 1024,
  stop: async () => running?.stop(),
});
