/** `ao proof`: the proof bundle of a leaf, checked here before it is given out. */

import { type ProofBundle, parseProofBundle, verifyBundle } from '@attention-oracle/sdk';
import type { GatewayClient, ProofFieldsFragment } from '@attention-oracle/sdk/graphql';
import type { Command } from 'commander';
import { AppError } from '../../runtime/errors.ts';
import { newestProof, sayChosen } from '../gateway/newest.ts';
import { type GatewayOptions, withGateway, withGatewayOption } from '../gateway/session.ts';
import { epochNumber, leafIndex } from '../options.ts';
import { printJson, printLine } from '../print.ts';

interface ProofOptions extends GatewayOptions {
  readonly json?: boolean;
}

export function addProofCommand(program: Command): void {
  withGatewayOption(program.command('proof'))
    .description('fetch the proof of a leaf and check it here; --json gives the bundle that `ao verify` takes')
    .argument('[channel]', 'default: that of the newest root')
    .argument('[epoch]', 'default: that of the newest root', epochNumber)
    .argument('[index]', 'place of the leaf; default: 0', leafIndex)
    .option('--json', 'the proof bundle, one JSON object')
    .action(async (channel: string | undefined, epoch: string | undefined, index = 0, options: ProofOptions = {}) => {
      const { proof, leafCount } = await withGateway(options, (client) => ask(client, channel, epoch, Number(index)));
      const bundle = bundleOf(proof, leafCount);
      const valid = verifyBundle(bundle);
      if (options.json === true) printJson(bundle);
      else describe(proof, valid).forEach(printLine);
      if (!valid) process.exitCode = 1;
    });
}

async function ask(
  client: GatewayClient,
  channel: string | undefined,
  epoch: string | undefined,
  index: number,
): Promise<{ proof: ProofFieldsFragment; leafCount: number }> {
  if (channel === undefined || epoch === undefined) {
    const { root, proof } = await newestProof(client, { channel });
    sayChosen(`leaf 0 of the newest root (${root.channel}, epoch ${root.epoch})`);
    return { proof, leafCount: root.count };
  }
  const { root } = await client.root({ channel, epoch });
  if (root === null)
    throw new AppError(
      'ARGUMENT_INVALID',
      `${channel} has no root of epoch ${epoch}: \`ao roots\` lists what there is.`,
    );
  const { proof } = await client.proof({ channel: root.channel, epoch: root.epoch, index });
  if (proof !== null) return { proof, leafCount: root.count };
  const why = index < root.count ? 'its tree is not stored yet, or differs from it' : `it has ${root.count} leaves`;
  throw new AppError(
    'ARGUMENT_INVALID',
    `The root of ${root.channel}, epoch ${root.epoch}, has no leaf ${index}: ${why}.`,
  );
}

/** What `ao verify` takes. */
export function bundleOf(proof: ProofFieldsFragment, leafCount: number): ProofBundle {
  const { channel, epoch, index, user, amount, id, root, recipe, signature } = proof;
  return parseProofBundle({
    format: 'attention-oracle/proof-bundle/1',
    recipe,
    channel,
    epoch,
    claim: { claimer: user, index, amount, id },
    proof: proof.proof,
    root,
    tree: { leafCount, oddNode: proof.oddNode.toLowerCase() },
    settlementSignature: signature,
  });
}

function describe(proof: ProofFieldsFragment, valid: boolean): string[] {
  const { claimability, settled } = proof;
  const claimable =
    claimability.claimable === true
      ? 'yes'
      : `${claimability.claimable === null ? 'unknown' : 'no'}: ${claimability.reason}`;
  return [
    `leaf ${proof.index} of ${proof.channel}, epoch ${proof.epoch}: ${proof.amount} for ${proof.user}`,
    `  leaf       ${proof.leaf}`,
    ...proof.proof.map((sibling, level) => `  ${String(level).padStart(2)}         ${sibling}`),
    `  root       ${proof.root} (${proof.recipe})`,
    `  verified   ${valid ? 'yes, here, without asking anybody' : 'NO: it does not lead to the root'}`,
    `  settled    ${settled ? `yes, by ${proof.signature}` : 'not yet'}`,
    `  claimable  ${claimable}`,
  ];
}
