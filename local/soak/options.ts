/** The command line of `npm run soak`. */

import { Command, InvalidArgumentError, Option } from 'commander';

export interface SoakOptions {
  readonly hours: number;
  readonly faults: boolean;
  readonly seed: number;
  /** Seconds between two faults, in the middle. */
  readonly every: number;
  readonly data: string;
  readonly json: boolean;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || value > 1000) throw new InvalidArgumentError('a number above 0, 1000 at most');
  return value;
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number');
  return Number(text);
}

/** Parses the arguments; prints help or a readable error and exits where they are wrong. */
export function parseOptions(args: readonly string[]): SoakOptions {
  return new Command('npm run soak --')
    .description(
      'Runs the whole platform under traffic for hours and says whether memory, restarts, logs and the gateway stay within their limits.',
    )
    .addOption(
      new Option('--hours <n>', 'how long, from the moment that everything is ready').argParser(positive).default(2),
    )
    .option('--faults', 'kill and freeze roles and parts at moments that the seed tells', false)
    .addOption(new Option('--seed <n>', 'of the faults').argParser(whole).default(1))
    .addOption(
      new Option('--every <seconds>', 'pause between two faults, in the middle').argParser(positive).default(60),
    )
    .option('--data <dir>', 'where the state is kept; what is there is forgotten first', '.data/soak')
    .option('--json', 'the last line of standard output is the figures as one line of JSON', false)
    .addHelpText(
      'after',
      '\nStatus 0: every verdict holds or the run was too short to tell; 1: one does not hold.\n\nExample:\n  npm run soak -- --hours 2 --faults --seed 7 --json',
    )
    .parse(args, { from: 'user' })
    .opts<SoakOptions>();
}
