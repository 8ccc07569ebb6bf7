/** Every command of `ao` has an example in its help, and the example is one that the command takes. */

import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { addRoleCommands } from './commands/roles.ts';
import { addToolCommands } from './commands/tools.ts';
import { addExamples } from './examples.ts';

const program = new Command('ao');
addRoleCommands(program, undefined);
addToolCommands(program);
addExamples(program);

/** The commands that do something, by their path. */
function doers(command: Command, path: string): [string, Command][] {
  const own: [string, Command][] =
    command.commands.length === 0 || command.registeredArguments.length > 0 ? [[path, command]] : [];
  return [...own, ...command.commands.flatMap((below) => doers(below, `${path} ${below.name()}`.trim()))];
}

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  return help;
}

describe.each(program.commands.flatMap((command) => doers(command, command.name())))('ao %s', (path, command) => {
  it('shows an example that names it, with options that it has and all that it must be given', () => {
    const [, text = ''] = /\nExamples?:\s+([^]*)$/.exec(helpOf(command)) ?? [];
    const examples = text.split('\n').filter((line) => /\bao /.test(line));
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const part = example.split('|').find((candidate) => new RegExp(`\\bao ${path}\\b`).test(candidate));
      expect({ example, names: part !== undefined }).toEqual({ example, names: true });
      const given = part?.match(/--[a-z-]+/g) ?? [];
      expect(command.options.map(({ long }) => long)).toEqual(expect.arrayContaining(given));
      const needed = command.options.filter(({ mandatory }) => mandatory).map(({ long }) => long);
      expect(given).toEqual(expect.arrayContaining(needed));
    }
  });
});
