/** Every command of `ao` has an example in its help that it takes, and one that needs something shows what there is to give. */

import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { choiceOf } from './choices.ts';
import { ROLE_COMMANDS } from './commands/roles.ts';
import { aoProgram } from './program.ts';

const program = aoProgram(undefined);

/** A group has neither. */
const isDoer = ({ commands, registeredArguments, options }: Command): boolean =>
  commands.length === 0 || registeredArguments.length > 0 || options.length > 0;

/** The commands that do something, by their path. */
function doers(command: Command, path: string): [string, Command][] {
  const own: [string, Command][] = isDoer(command) ? [[path, command]] : [];
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

/** Every command and group, by its path. */
function all(command: Command, path: string): [string, Command][] {
  return [[path, command], ...command.commands.flatMap((below) => all(below, `${path} ${below.name()}`))];
}

const everything = new Map(program.commands.flatMap((command) => all(command, command.name())));

const isRole = (path: string): boolean => ROLE_COMMANDS.some(({ name }) => name === path);

function needs(path: string, command: Command): boolean {
  return (
    command.registeredArguments.some(({ required }) => required) ||
    command.options.some(({ mandatory, defaultValue }) => mandatory && defaultValue === undefined) ||
    !(isDoer(command) || isRole(path))
  );
}

describe.each([...everything].filter(([path, command]) => needs(path, command)))('ao %s alone', (path) => {
  it('shows what it can be given, by a command that needs nothing', () => {
    const { shows = '' } = choiceOf(path) ?? {};
    const [name = ''] = shows.split(' --');
    const shown = everything.get(name);
    expect({ path, shows, isThere: shown !== undefined }).toEqual({ path, shows, isThere: true });
    expect(shown !== undefined && needs(name, shown)).toBe(false);
  });
});
