/** The commands of a program as a tree, for completions and for tools. Pure but for what it is given. */

import type { Command } from 'commander';

export interface CommandTree {
  readonly name: string;
  readonly description: string;
  /** Long options, `--json`. */
  readonly options: readonly string[];
  readonly examples: readonly string[];
  readonly commands: readonly CommandTree[];
}

/** @param examplesOf The examples of a command by its path: `dlq list`. */
export function commandTree(
  command: Command,
  examplesOf: (path: string, command: Command) => readonly string[],
  path = '',
): CommandTree {
  return {
    name: command.name(),
    description: command.description(),
    options: [...command.options.flatMap(({ long }) => (long == null ? [] : [long])), '--help'],
    examples: examplesOf(path, command),
    commands: command.commands.map((below) => commandTree(below, examplesOf, `${path} ${below.name()}`.trim())),
  };
}
