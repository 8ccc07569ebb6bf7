/** `ao protocol status|init`: what of a mint's protocol is on the chain, and opening it. */

import { protocolStateAddress, treasuryAddress } from '@attention-oracle/sdk';
import { PublicKey } from '@solana/web3.js';
import { type Command, InvalidArgumentError } from 'commander';
import type { ProtocolFacts, Standing, WantedProtocol } from '../../local/protocol/core/protocol-standing.ts';
import { base58Address } from '../../runtime/config.ts';
import { chainSession, needMint } from '../chain/session.ts';
import { printJson, printLine } from '../print.ts';

interface StatusOptions {
  readonly mint?: string;
  readonly admin?: string;
  readonly publisher?: string;
  readonly json?: boolean;
}

interface InitOptions {
  readonly adminKeypair: string;
  readonly mintKeypair?: string;
  readonly mint?: string;
  readonly publisher?: string;
  readonly treasury?: bigint;
  readonly dryRun?: boolean;
}

export function addProtocolCommands(program: Command): void {
  const protocol = program
    .command('protocol')
    .description('the protocol of a mint on the chain of ANCHOR_PROVIDER_URL: what is there, and opening it');
  protocol
    .command('status')
    .description('mint, admin, publisher, treasury, and what is missing; status 1 when something is')
    .option('--mint <address>', 'default: MINT_PUBKEY', address)
    .option('--admin <address>', 'whether this key could set it up or publish', address)
    .option('--publisher <address>', 'whether this key could publish', address)
    .option('--json', 'one JSON object')
    .action((options: StatusOptions) => status(options));
  protocol
    .command('init')
    .description(
      'make mint, protocol state and treasury where they are missing, name the publisher; what is there stays',
    )
    .requiredOption('--admin-keypair <file>', 'who signs, pays and becomes admin')
    .option('--mint-keypair <file>', 'the key of the mint, to make it; not needed where the mint is there')
    .option('--mint <address>', 'a mint that is there; default: MINT_PUBKEY', address)
    .option('--publisher <address>', 'who publishes roots besides the admin; default: nobody else', address)
    .option('--treasury <amount>', 'fill the treasury up to this, smallest units; default: leave it', amount)
    .option('--dry-run', 'say what would be done, do nothing')
    .action((options: InitOptions) => init(options));
}

function address(text: string): string {
  const parsed = base58Address.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('an address is 32 bytes in base58');
  return parsed.data;
}

function amount(text: string): bigint {
  if (!/^\d{1,20}$/.test(text) || BigInt(text) >= 2n ** 64n)
    throw new InvalidArgumentError('a whole number below 2^64');
  return BigInt(text);
}

async function status(options: StatusOptions): Promise<void> {
  const { readProtocol } = await import('../../local/protocol/io/read-protocol.ts');
  const { ADMIN_LAMPORTS, standingOf } = await import('../../local/protocol/core/protocol-standing.ts');
  const { connection, programId, ...given } = chainSession(options.mint);
  const mint = needMint(given.mint, '--mint ADDRESS');
  const someone = options.admin ?? PublicKey.default.toBase58();
  const found = await readProtocol(connection, { programId, mint, admin: someone });
  const facts = options.admin === undefined ? { ...found, adminLamports: ADMIN_LAMPORTS } : found;
  const wanted: WantedProtocol = {
    ...{ programId, mint, admin: options.admin ?? facts.protocol?.admin ?? someone },
    ...{ publisher: options.publisher ?? null, treasuryAmount: 1n, canMakeMint: true },
  };
  const standing = standingOf(facts, wanted);
  if (options.json === true) printJson(told(facts, wanted, standing));
  else printStanding(facts, wanted, standing);
  if (standing.steps.length + standing.lacks.length > 0) process.exitCode = 1;
}

async function init(options: InitOptions): Promise<void> {
  const { standingOf } = await import('../../local/protocol/core/protocol-standing.ts');
  const { readProtocol } = await import('../../local/protocol/io/read-protocol.ts');
  const { lackError, setUpProtocol } = await import('../../local/protocol/set-up.ts');
  const { loadKeypair } = await import('../../sinks/settlement/io/keypair-file.ts');
  const admin = loadKeypair(options.adminKeypair, undefined, '--admin-keypair');
  const mintKey =
    options.mintKeypair === undefined ? undefined : loadKeypair(options.mintKeypair, undefined, '--mint-keypair');
  const { connection, programId, ...given } = chainSession(options.mint);
  const mint =
    mintKey?.publicKey.toBase58() ?? needMint(given.mint, '--mint-keypair FILE to make one, or --mint ADDRESS');
  const wanted: WantedProtocol = {
    ...{ programId, mint, admin: admin.publicKey.toBase58(), publisher: options.publisher ?? null },
    ...{ treasuryAmount: options.treasury ?? 0n, canMakeMint: mintKey !== undefined },
  };
  if (options.dryRun === true) {
    const standing = standingOf(await readProtocol(connection, wanted), wanted);
    if (standing.lacks.length > 0) throw lackError(standing.lacks);
    printLine(standing.steps.length === 0 ? 'Nothing is missing.' : `Would ${standing.steps.join(', ')}.`);
    return;
  }
  const { signal } = new AbortController();
  const facts = await setUpProtocol({ connection, wanted, admin, mint: mintKey, signal, log: printLine });
  printStanding(facts, wanted, { steps: [], lacks: [] });
}

function told(facts: ProtocolFacts, { mint, programId }: WantedProtocol, { steps, lacks }: Standing) {
  const { protocol, treasury, hasProgram } = facts;
  const state = protocolStateAddress(mint, programId)[0].toBase58();
  return {
    ...{ mint, programId, hasProgram, protocolState: state, protocol, mintAccount: facts.mint },
    ...{ treasury: treasuryAddress(mint, programId)[0].toBase58(), treasuryAmount: treasury },
    ...{ toDo: steps, lacks: lacks.map(({ code, sentence }) => ({ code, sentence })) },
  };
}

function printStanding(facts: ProtocolFacts, wanted: WantedProtocol, { steps, lacks }: Standing): void {
  const { protocol, mint, treasury } = facts;
  const address = treasuryAddress(wanted.mint, wanted.programId)[0].toBase58();
  printLine(`program    ${wanted.programId}${facts.hasProgram ? '' : ' (not on this chain)'}`);
  printLine(`mint       ${wanted.mint}${mintWords(mint)}`);
  printLine(
    `protocol   ${protocolStateAddress(wanted.mint, wanted.programId)[0].toBase58()}${protocol === null ? ' (not opened)' : ''}`,
  );
  if (protocol !== null) {
    printLine(`admin      ${protocol.admin}`);
    printLine(`publisher  ${protocol.publisher}`);
  }
  printLine(`treasury   ${address}${treasury === null ? ' (not made)' : `: ${treasury} smallest units`}`);
  for (const step of steps) printLine(`to do: ${step}`);
  for (const { sentence } of lacks) printLine(sentence);
}

function mintWords(mint: ProtocolFacts['mint']): string {
  if (mint === null) return ' (not made)';
  if (mint === 'foreign') return ' (no Token-2022 mint)';
  return `: ${mint.decimals} decimals, supply ${mint.supply}, minted by ${mint.authority ?? 'nobody'}`;
}
