/** The `ao` command: every role and every operator's tool. */

import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { AppError, messageOf } from '../runtime/errors.ts';
import { addRoleCommands } from './commands/roles.ts';
import { addToolCommands } from './commands/tools.ts';

if (existsSync('.env')) process.loadEnvFile('.env');

const program = new Command('ao')
  .description(
    'Roles and tools of the Attention Oracle data platform. Configuration comes from the environment or ./.env.',
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
