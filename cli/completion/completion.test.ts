/** What a shell offers, asked of a real bash. */

import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { completionScript } from './scripts.ts';
import type { CommandTree } from './tree.ts';

const command = (name: string, options: string[], commands: CommandTree[] = []): CommandTree => ({
  name,
  description: `does what the "${name}" does`,
  options,
  examples: [],
  commands,
});
const program = command(
  'ao',
  ['--help'],
  [
    command('status', ['--watch', '--json']),
    command('dlq', ['--help'], [command('list', ['--code', '--json']), command('retry', ['--dry-run'])]),
  ],
);

/** What bash offers for the last of the words. */
function offered(...words: string[]): string[] {
  const script = `${completionScript('bash', program)}
COMP_WORDS=(ao ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _ao_completion; echo "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split(' ');
}

describe('completion', () => {
  it.each([
    [['st'], ['status']],
    [
      ['status', '--'],
      ['--watch', '--json'],
    ],
    [['status', '--json', '--w'], ['--watch']],
    [
      ['dlq', ''],
      ['list', 'retry', '--help'],
    ],
    [['dlq', 'list', '--c'], ['--code']],
    [['dlq', 'retry', '--'], ['--dry-run']],
    [['nothing', ''], ['']],
  ])('offers after ao %j what can follow', (words, wanted) => {
    expect(offered(...words)).toEqual(wanted);
  });

  it('gives zsh the same, and fish every command and option with its description', () => {
    expect(completionScript('zsh', program)).toContain(completionScript('bash', program));
    const lines = completionScript('fish', program).split('\n');
    expect(lines).toContain(`complete -c ao -f -n '__fish_use_subcommand' -a status -d 'does what the "status" does'`);
    expect(lines).toContain(
      "complete -c ao -n '__fish_seen_subcommand_from dlq; and __fish_seen_subcommand_from list' -l code",
    );
  });
});
