/** The `ao` command: every role and every operator's tool. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnvFile } from '../runtime/env-file.ts';
import { AppError, messageOf } from '../runtime/errors.ts';
import { loadSecretFiles } from '../runtime/secret-files.ts';
import { runOrShowChoices } from './choices.ts';
import { ROLE_COMMANDS } from './commands/roles.ts';
import { platformSettings } from './platform-settings.ts';
import { aoProgram } from './program.ts';

/** Where `npm start` of this checkout keeps its state unless told otherwise. */
const usualDataDir = join(import.meta.dirname, '..', '.data');

/** Lets a tool, never a role, work on what `npm start` runs. */
async function takePlatformSettings(asked: string | undefined): Promise<void> {
  // Images of the roles have neither a local network nor a data folder.
  if (asked === undefined && !existsSync(usualDataDir)) return;
  const { platformOn, runningPlatforms } = await import('../local/start/running-platform.ts');
  const running = asked === undefined ? runningPlatforms() : [platformOn(asked)].filter((found) => found !== undefined);
  const settings = platformSettings({ env: process.env, running, asked, usual: usualDataDir });
  if (settings === undefined) return;
  Object.assign(process.env, settings.variables);
  process.stderr.write(`ao: ${settings.note}\n`);
}

async function main(): Promise<void> {
  const file = loadEnvFile(process.env);
  loadSecretFiles(process.env);
  const program = aoProgram(file);
  program.hook('preAction', async (_program, action) => {
    const { data } = program.opts<{ data?: string }>();
    const isRole = ROLE_COMMANDS.some(({ name }) => name === action.name() && action.parent === program);
    if (!isRole) await takePlatformSettings(data);
    else if (data !== undefined)
      throw new AppError(
        'OPTION_INVALID',
        '--data is for tools: a role takes its settings from the environment and ./.env.',
      );
  });
  const status = await runOrShowChoices(program, process.argv.slice(2));
  if (status !== undefined) process.exitCode = status;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`ao: ${messageOf(error)}\n`);
  process.exitCode = error instanceof AppError && error.code === 'CONFIG_INVALID' ? 2 : 1;
}
