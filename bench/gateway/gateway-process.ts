/** A gateway in a process of its own. */

import { role } from '../../graphql/main.ts';
import type { Environment } from '../../runtime/config.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { startRole } from '../../runtime/role.ts';
import { answerParent } from '../measure/child-process.ts';

answerParent({
  async start(env: Environment) {
    const started = await startRole(role, env, silentLogger());
    return String(started.describe['gateway']);
  },
});
