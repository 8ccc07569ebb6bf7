/** Completion scripts of shells, made of the tree of commands: they start no program while somebody types. Pure. */

import type { CommandTree } from './tree.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, program: CommandTree): string {
  if (shell === 'fish') return fish(program);
  // zsh runs bash's completion through bashcompinit, in the same words.
  return shell === 'bash' ? bash(program) : `autoload -U +X bashcompinit && bashcompinit\n${bash(program)}`;
}

/** Words that can follow each path of commands. */
function wordsByPath(program: CommandTree): [path: string, words: string][] {
  const words = ({ commands, options }: CommandTree): string =>
    [...commands.map(({ name }) => name), ...options].join(' ');
  return [
    ['', words(program)],
    ...program.commands.flatMap((command): [string, string][] => [
      [command.name, words(command)],
      ...command.commands.map((below): [string, string] => [`${command.name} ${below.name}`, words(below)]),
    ]),
  ];
}

function bash(program: CommandTree): string {
  const { name } = program;
  const cases = wordsByPath(program).map(([path, words]) => `    "${path}") words="${words}" ;;`);
  const nested = program.commands.filter(({ commands }) => commands.length > 0).map((command) => command.name);
  return `# Completion of ${name}.
_${name}_completion() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word words="" position
  for ((position = 1; position < COMP_CWORD; position++)); do
    word="\${COMP_WORDS[position]}"
    case "$word" in -*) continue ;; esac
    if [ -z "$path" ]; then path="$word"
    else case " ${nested.join(' ')} " in *" $path "*) path="$path $word" ;; esac; fi
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${name}_completion ${name}
`;
}

function fish(program: CommandTree): string {
  const { name } = program;
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = [`# Completion of ${name}.`];
  const offer = (condition: string, command: CommandTree): void => {
    for (const below of command.commands)
      lines.push(`complete -c ${name} -f -n ${quoted(condition)} -a ${below.name} -d ${quoted(below.description)}`);
    for (const option of command.options)
      lines.push(`complete -c ${name} -n ${quoted(condition)} -l ${option.replace(/^--/, '')}`);
  };
  offer('__fish_use_subcommand', program);
  for (const command of program.commands) {
    offer(`__fish_seen_subcommand_from ${command.name}`, command);
    for (const below of command.commands)
      offer(`__fish_seen_subcommand_from ${command.name}; and __fish_seen_subcommand_from ${below.name}`, below);
  }
  return `${lines.join('\n')}\n`;
}
