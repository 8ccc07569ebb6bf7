/** `ao claim`: what a wallet may claim now, and the claim itself, with a proof that was checked here. */

import { setTimeout as delay } from 'node:timers/promises';
import {
  AttentionOracleClient,
  bundleOfProof,
  hexToBytes,
  normalizeChannel,
  verifyBundle,
} from '@attention-oracle/sdk';
import type { GatewayClient, ProofFieldsFragment } from '@attention-oracle/sdk/graphql';
import type { Keypair } from '@solana/web3.js';
import type { Command } from 'commander';
import { AppError, codeOf, messageOf } from '../../runtime/errors.ts';
import { chainSession, needMint } from '../chain/session.ts';
import { type GatewayOptions, gatewayUrl, withGateway, withGatewayOption } from '../gateway/session.ts';
import { epochNumber, leafIndex } from '../options.ts';
import { printJson, printLine, printTable } from '../print.ts';

interface ClaimOptions extends GatewayOptions {
  readonly keypair?: string;
  readonly send?: boolean;
  readonly wait?: boolean;
  readonly json?: boolean;
}

interface Place {
  readonly channel: string | undefined;
  readonly epoch: string | undefined;
  readonly index: number | undefined;
}

/** So many claims of the wallet are looked at, the newest first. */
const NEWEST = 50;
const LOOK_INTERVAL_MS = 1000;

export function addClaimCommand(program: Command): void {
  withGatewayOption(program.command('claim'))
    .description(
      'what a wallet may claim now; with --send, claim the newest of it, with a proof of the gateway that is checked here first',
    )
    .argument('[channel]', 'only of this channel')
    .argument('[epoch]', 'only of this epoch', epochNumber)
    .argument('[index]', 'only this leaf', leafIndex)
    .option(
      '--keypair <file>',
      'of the wallet, readable by its owner only; default: AO_WALLET, the visitor of npm start',
    )
    .option('--send', 'send the claim to the chain, and wait until it is final')
    .option('--wait', 'wait until there is something to claim')
    .option('--json', 'one JSON object')
    .action(
      (channel: string | undefined, epoch: string | undefined, index: number | undefined, options: ClaimOptions) =>
        claim({ channel: channel === undefined ? undefined : normalizeChannel(channel), epoch, index }, options),
    );
}

async function claim(place: Place, options: ClaimOptions): Promise<void> {
  const wallet = await walletOf(options);
  const user = wallet.publicKey.toBase58();
  const { connection, programId, ...found } = chainSession();
  const mint = needMint(found.mint, 'the environment of npm start');
  const chain = new AttentionOracleClient(connection, programId, { mint, commitment: 'confirmed' });
  await withGateway(options, async (gateway) => {
    const look = (): Promise<LeafOfWallet[]> => claimableProofs(gateway, chain, user, place);
    const proofs = options.wait === true ? await untilOpen(look) : await look();
    const newest = proofs.find(({ open }) => open)?.proof;
    if (options.send !== true) {
      if (options.json === true) printJson({ user, claims: proofs.map(({ proof, open }) => ({ ...proof, open })) });
      else show(user, proofs, newest, options);
      return;
    }
    if (newest === undefined)
      throw new AppError(
        'ARGUMENT_INVALID',
        `${user} has nothing to claim there now: \`ao claim\` shows what it has, --wait waits for something.`,
      );
    const sent = {
      ...newest,
      proof: newest.proof.map(hexToBytes),
      epoch: BigInt(newest.epoch),
      amount: BigInt(newest.amount),
    };
    await assertProven(gateway, newest);
    const signature = await chain.claim({ claimer: wallet, ...sent, commitment: 'finalized' });
    const { channel, epoch, index, amount } = newest;
    if (options.json === true) printJson({ signature, user, channel, epoch, index, amount });
    else
      printLine(
        `claimed ${amount} with leaf ${index} of ${channel}, epoch ${epoch}, by ${signature}\nThe claim is a leaf of the next root of ${channel}: \`ao claim --wait\` waits for it.`,
      );
  });
}

async function walletOf({ keypair }: ClaimOptions): Promise<Keypair> {
  const file = keypair ?? (process.env['AO_WALLET'] || undefined);
  if (file === undefined)
    throw new AppError(
      'OPTION_MISSING',
      'Whose claims? Give --keypair FILE, or set AO_WALLET; a running `npm start` lends the wallet of its visitor.',
    );
  const { loadKeypair } = await import('../../sinks/settlement/io/keypair-file.ts');
  return loadKeypair(file, undefined, '--keypair');
}

interface LeafOfWallet {
  readonly proof: ProofFieldsFragment;
  /** Whether it can be claimed now. */
  readonly open: boolean;
}

/** A gateway that is away is waited for, too. */
async function untilOpen(look: () => Promise<LeafOfWallet[]>): Promise<LeafOfWallet[]> {
  for (;;) {
    try {
      const found = await look();
      if (found.some(({ open }) => open)) return found;
    } catch (error) {
      if (codeOf(error) !== 'GATEWAY_UNREACHABLE') throw error;
      process.stderr.write(`ao: ${messageOf(error)}\n`);
    }
    await delay(LOOK_INTERVAL_MS);
  }
}

/** Leaves of roots, newest first. */
async function claimableProofs(
  gateway: GatewayClient,
  chain: AttentionOracleClient,
  user: string,
  { channel, epoch, index }: Place,
): Promise<LeafOfWallet[]> {
  const { claims } = await gateway.claims({ user, first: NEWEST, ...(channel === undefined ? {} : { channel }) });
  const roots = new Map(
    claims.edges
      .filter(({ node }) => node.index !== null && (epoch === undefined || node.epoch === epoch))
      .map(({ node }) => [`${node.channel} ${node.epoch}`, { channel: node.channel, epoch: node.epoch }]),
  );
  const found: LeafOfWallet[] = [];
  for (const root of roots.values()) {
    const { proofs } = await gateway.proofs({ user, ...root });
    for (const proof of proofs) {
      if (index !== undefined && proof.index !== index) continue;
      found.push({ proof, open: proof.claimability.claimable === true && (await isOpen(chain, proof)) });
    }
  }
  return found;
}

/** The gateway may be a second behind the chain: the chain says what was claimed, or has left the ring. */
async function isOpen(chain: AttentionOracleClient, { channel, epoch, index }: ProofFieldsFragment): Promise<boolean> {
  try {
    return !(await chain.hasClaimed(channel, BigInt(epoch), index));
  } catch (error) {
    if (codeOf(error) === 'EPOCH_PASSED') return false;
    throw error;
  }
}

/** @throws AppError ARGUMENT_INVALID where the proof does not lead to the root. */
async function assertProven(gateway: GatewayClient, proof: ProofFieldsFragment): Promise<void> {
  const { root } = await gateway.root({ channel: proof.channel, epoch: proof.epoch });
  if (root !== null && root.root === proof.root && verifyBundle(bundleOfProof(proof, root.count))) return;
  throw new AppError(
    'ARGUMENT_INVALID',
    `The proof of leaf ${proof.index} of ${proof.channel}, epoch ${proof.epoch}, does not lead to its root: nothing is sent. Ask another gateway.`,
  );
}

function show(
  user: string,
  leaves: readonly LeafOfWallet[],
  newest: ProofFieldsFragment | undefined,
  options: GatewayOptions,
): void {
  printLine(`wallet ${user}`);
  if (leaves.length === 0) {
    printLine('It has no leaf in a root there yet: --wait waits for one that can be claimed.');
    return;
  }
  printTable(
    ['channel', 'epoch', 'index', 'amount', 'claimable'],
    leaves.map(({ proof, open }) => [
      ...[proof.channel, proof.epoch, proof.index, proof.amount],
      open
        ? 'yes'
        : proof.claimability.claimable === true
          ? 'no: ALREADY_CLAIMED'
          : `${word(proof)}: ${proof.claimability.reason}`,
    ]),
  );
  if (newest === undefined) return;
  const { channel, epoch, index } = newest;
  printLine(
    `its proof, verified by your browser: ${gatewayUrl(options)}/#/roots/${encodeURIComponent(channel)}/${epoch}/${index}`,
  );
  printLine('claim it: ao claim --send');
}

function word({ claimability }: ProofFieldsFragment): string {
  return claimability.claimable === null ? 'unknown' : 'no';
}
