/** `ao completion`: a script with which a shell completes `ao`. */

import { basename } from 'node:path';
import { Argument, type Command } from 'commander';
import { completionScript, SHELLS, type Shell } from '../completion/scripts.ts';
import { commandTree } from '../completion/tree.ts';
import { examplesOf } from '../examples.ts';
import { printJson } from '../print.ts';

export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a script with which the shell completes ao; --json prints what it is made of')
    .addArgument(new Argument('[shell]', 'default: the one of $SHELL, else bash').choices(SHELLS))
    .option('--json', 'every command with its options and examples, one JSON object')
    .action((shell: Shell | undefined, { json }: { json?: boolean }) => {
      const tree = commandTree(program, examplesOf);
      if (json === true) printJson(tree);
      else process.stdout.write(completionScript(shell ?? usualShell(process.env['SHELL']), tree));
    });
}

function usualShell(path: string | undefined): Shell {
  return SHELLS.find((shell) => shell === basename(path ?? '')) ?? 'bash';
}
