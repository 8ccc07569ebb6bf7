/** The command line of `npm start`. */

import { Command, InvalidArgumentError, Option } from 'commander';

export interface StartOptions {
  readonly rpc?: string;
  readonly ws?: string;
  readonly traffic?: boolean;
  readonly adminKeypair?: string;
  readonly brokers?: string;
  readonly registry?: string;
  readonly databaseUrl?: string;
  readonly data: string;
  readonly fresh: boolean;
  readonly port?: number;
  readonly listeners: number;
  readonly consensus: 'alpenglow' | 'tower';
  readonly untilSettled?: number;
  readonly untilRoots?: number;
  readonly timeout?: number;
  readonly json: boolean;
}

function whole(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) < 1) throw new InvalidArgumentError('a whole number from 1 up');
  return Number(text);
}

/** Parses the arguments; prints help or a readable error and exits where they are wrong. */
export function parseOptions(args: readonly string[]): StartOptions {
  const command = new Command('npm start --')
    .description(
      'Starts the whole platform on this machine: Kafka, registry, Postgres, a local chain with traffic, and every role.',
    )
    .option('--rpc <url>', 'JSON-RPC of another chain; then no local chain and no traffic')
    .option('--ws <url>', 'WebSocket of that chain; default: derived from --rpc')
    .option(
      '--traffic',
      'traffic on the chain of --rpc too, which must have the program: opens the protocol there for MINT_PUBKEY or for a new mint, funds fans, publishes roots; needs --admin-keypair',
    )
    .option(
      '--admin-keypair <file>',
      'keypair file of who opens the protocol of --traffic, or is its admin or publisher; default: TRAFFIC_ADMIN_KEYPAIR',
    )
    .option('--brokers <list>', 'an existing Kafka, host:port, comma separated')
    .option('--registry <url>', 'an existing schema registry')
    .option('--database-url <url>', 'an existing PostgreSQL')
    .option('--data <dir>', 'where the state is kept', '.data')
    .option('--fresh', 'forget the state of earlier runs first', false)
    .addOption(new Option('--port <n>', 'port of the gateway; default 3000, or the next free one').argParser(whole))
    .addOption(new Option('--listeners <n>', 'how many listeners run').argParser(whole).default(1))
    .addOption(
      new Option('--consensus <name>', 'how the local chain settles its blocks')
        .choices(['alpenglow', 'tower'])
        .default('alpenglow'),
    )
    .addOption(
      new Option(
        '--until-settled <n>',
        'end with status 0 once n roots are final on chain, seen back and served',
      ).argParser(whole),
    )
    .addOption(
      new Option('--until-roots <n>', 'end with status 0 once n roots are finalised and served')
        .argParser(whole)
        .conflicts('untilSettled'),
    )
    .addOption(
      new Option(
        '--timeout <seconds>',
        'end with status 1 when that takes longer, counted from the start, whatever is not ready',
      ).argParser(whole),
    )
    .option('--json', 'the last line of standard output is one JSON summary', false)
    .parse(args, { from: 'user' });
  return command.opts<StartOptions>();
}
