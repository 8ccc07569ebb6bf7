/** The whole of `ao` as one program. */

import { Command } from 'commander';
import type { EnvFile } from '../runtime/env-file.ts';
import { throwChoices } from './choices.ts';
import { addRoleCommands } from './commands/roles.ts';
import { addToolCommands } from './commands/tools.ts';
import { addExamples } from './examples.ts';

/** @param file The operator's file, whose variables are in the environment already. */
export function aoProgram(file: EnvFile | undefined): Command {
  const program = new Command('ao')
    .description(
      'Roles and tools of the Attention Oracle data platform. Settings come from the environment, then from ./.env; tools take what is missing there from a running `npm start`.',
    )
    .option('--data <dir>', 'tools: data folder of the running `npm start` to work on')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for what the command takes)');
  addRoleCommands(program, file);
  addToolCommands(program);
  addExamples(program);
  throwChoices(program);
  return program;
}
