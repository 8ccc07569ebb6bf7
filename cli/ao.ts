/** The `ao` command: every role and every operator's tool. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { AppError, messageOf } from '../runtime/errors.ts';
import { LOCAL_ENV_FILE } from '../runtime/local-env-file.ts';
import { addRoleCommands } from './commands/roles.ts';
import { addToolCommands } from './commands/tools.ts';

// What is set stays; then .env; then what a running `npm start` has left.
for (const file of ['.env', join('.data', LOCAL_ENV_FILE)]) if (existsSync(file)) process.loadEnvFile(file);

const program = new Command('ao')
  .description(
    'Roles and tools of the Attention Oracle data platform. Configuration comes from the environment, ./.env, or a running `npm start`.',
  )
  .showHelpAfterError('(add --help for what the command takes)');
addRoleCommands(program);
addToolCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`ao: ${messageOf(error)}\n`);
  process.exitCode = error instanceof AppError && error.code === 'CONFIG_INVALID' ? 2 : 1;
}
