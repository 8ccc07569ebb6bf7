/** The role as a process of its own, for tests that kill it. */

import { runRole } from '../../../runtime/role.ts';
import { role } from '../main.ts';

await runRole(role);
