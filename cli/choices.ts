/** What a command that was given too little shows: values that exist, by another command. */

import { type Command, CommanderError } from 'commander';

interface Choice {
  /** What is to be said, and what the list is. */
  readonly say: string;
  /** A command that needs nothing. */
  readonly shows: string;
}

const DECISION: Choice = {
  say: 'Say the channel, and --why. These roots are not on chain yet:',
  shows: 'settle status',
};
const ENDPOINT: Choice = { say: 'Say which endpoint. These are registered:', shows: 'webhooks list' };
const PHASE: Choice = { say: 'Say the phase to go to: 1, 2 or 3. It stands here:', shows: 'cutover status' };

const ARCHIVE: Choice = {
  say: 'Say the folder of an archive; `ao export archive` writes one, of these topics:',
  shows: 'topics --dry-run',
};

const CHOICES: Readonly<Record<string, Choice>> = {
  replay: { say: 'Say --group and --topic, a row of these, and to where:', shows: 'lag' },
  backfill: { say: 'Say --from-slot and --to-slot. This is proven, with these gaps:', shows: 'status' },
  'epoch-base': { say: 'How EPOCH_BASE stands to the rings:', shows: 'epoch-base check' },
  'epoch-base change': { say: 'Say --to, a multiple of 10 above every ring:', shows: 'epoch-base check' },
  parity: { say: 'Say --legacy, what the roots are compared with. Roots of ours are these:', shows: 'roots' },
  legacy: {
    say: '`ao legacy import` brings over what the legacy system left. The cut-over stands here:',
    shows: 'cutover status',
  },
  cutover: { say: 'It stands here:', shows: 'cutover status' },
  'cutover check': PHASE,
  'cutover sign': { ...PHASE, say: 'Say the phase to go to, --by and --why. It stands here:' },
  'cutover start': PHASE,
  'cutover adopt': {
    say: 'Say --from-schema, where the roles worked before. It stands here:',
    shows: 'cutover status',
  },
  backup: { say: 'The backups that are there:', shows: 'backup list' },
  'backup restore': { say: 'Say --to, an empty folder. The backups that are there:', shows: 'backup list' },
  'verify archive': ARCHIVE,
  bootstrap: ARCHIVE,
  export: { say: 'Proofs of these roots can be exported (`ao export proofs`):', shows: 'roots --status SETTLED' },
  'export archive': { say: 'Say --to and --key. These topics are written:', shows: 'topics --dry-run' },
  'export proofs': { say: 'Say --to, a folder. Proofs of these roots are written:', shows: 'roots --status SETTLED' },
  diff: { say: 'Say --with, an archive or the Kafka of another deployment. This one has proven:', shows: 'status' },
  dlq: { say: 'The dead letters that are there:', shows: 'dlq list' },
  'dlq retry': { say: 'Say --code, one of these dead letters:', shows: 'dlq list' },
  protocol: { say: 'What of the protocol is on the chain:', shows: 'protocol status' },
  'protocol init': { say: 'Say --admin-keypair. This is on the chain:', shows: 'protocol status' },
  'settle approve': { ...DECISION, say: 'Say channel, epoch and --why. These roots are not on chain yet:' },
  'settle hold': DECISION,
  'settle release': DECISION,
  'settle give-up': { ...DECISION, say: 'Say channel, epoch and --why. These roots are not on chain yet:' },
  'settle dry-run': { say: 'Say channel and epoch of a root:', shows: 'roots' },
  'webhooks new': { say: 'Say the https:// URL of the receiver. These are registered:', shows: 'webhooks list' },
  'webhooks replay': ENDPOINT,
  'webhooks redeliver': ENDPOINT,
};

/** @param path Names of the command and those above it: `dlq list`. */
export function choiceOf(path: string): Choice | undefined {
  return CHOICES[path];
}

/** A command was given too little; commander has said what is missing. */
class TooLittle extends Error {
  readonly choice: Choice;
  /** 0 for a group of commands, of which none was named. */
  readonly status: number;

  constructor(choice: Choice, status: number) {
    super(choice.say);
    this.choice = choice;
    this.status = status;
  }
}

const MISSING = ['commander.missingArgument', 'commander.missingMandatoryOptionValue'];

/** Lets every command below throw TooLittle where it has a choice, and CommanderError for everything else that ends it early. */
export function throwChoices(command: Command, path = ''): void {
  command.exitOverride((error: CommanderError) => {
    const isGroup = error.code === 'commander.help' && error.exitCode !== 0;
    const choice = choiceOf(path);
    if (choice !== undefined && (isGroup || MISSING.includes(error.code))) throw new TooLittle(choice, isGroup ? 0 : 1);
    throw error;
  });
  for (const below of command.commands) throwChoices(below, `${path} ${below.name()}`.trim());
}

/** Runs a command; where it was given too little, what it can be given is shown. @returns the exit status, undefined where the command has set it. */
export async function runOrShowChoices(program: Command, args: readonly string[]): Promise<number | undefined> {
  try {
    await program.parseAsync([...args], { from: 'user' });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof TooLittle)) throw error;
    process.stderr.write(`ao: ${error.choice.say}\n`);
    const { data } = program.opts<{ data?: string }>();
    const shows = [...(data === undefined ? [] : ['--data', data]), ...error.choice.shows.split(' ')];
    await program.parseAsync(shows, { from: 'user' });
    return error.status;
  }
}
