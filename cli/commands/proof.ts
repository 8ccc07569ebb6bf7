/** `ao proof`: the proof bundle of a leaf, checked here before it is given out. */

import { bundleOfProof, verifyBundle } from '@attention-oracle/sdk';
import type { GatewayClient, ProofFieldsFragment, ReceiptFieldsFragment } from '@attention-oracle/sdk/graphql';
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
      const { proof, leafCount, receipt } = await withGateway(options, (client) =>
        ask(client, channel, epoch, Number(index)),
      );
      const bundle = bundleOfProof(proof, leafCount, receipt);
      const valid = verifyBundle(bundle);
      if (options.json === true) printJson(bundle);
      else describe(proof, valid, receipt).forEach(printLine);
      if (!valid) process.exitCode = 1;
    });
}

interface Served {
  readonly proof: ProofFieldsFragment;
  readonly leafCount: number;
  readonly receipt: ReceiptFieldsFragment | null;
}

async function ask(
  client: GatewayClient,
  channel: string | undefined,
  epoch: string | undefined,
  index: number,
): Promise<Served> {
  if (channel === undefined || epoch === undefined) {
    const { root, proof } = await newestProof(client, { channel });
    sayChosen(`leaf 0 of the newest root (${root.channel}, epoch ${root.epoch})`);
    return { proof, leafCount: root.count, receipt: await receiptOf(client, root) };
  }
  const { root } = await client.root({ channel, epoch });
  if (root === null)
    throw new AppError(
      'ARGUMENT_INVALID',
      `${channel} has no root of epoch ${epoch}: \`ao roots\` lists what there is.`,
    );
  const { proof } = await client.proof({ channel: root.channel, epoch: root.epoch, index });
  if (proof !== null) return { proof, leafCount: root.count, receipt: await receiptOf(client, root) };
  const why = index < root.count ? 'its tree is not stored yet, or differs from it' : `it has ${root.count} leaves`;
  throw new AppError(
    'ARGUMENT_INVALID',
    `The root of ${root.channel}, epoch ${root.epoch}, has no leaf ${index}: ${why}.`,
  );
}

async function receiptOf(
  client: GatewayClient,
  { channel, epoch }: { readonly channel: string; readonly epoch: string },
): Promise<ReceiptFieldsFragment | null> {
  const { settlement } = await client.settlement({ channel, epoch });
  return settlement?.receipt ?? null;
}

function describe(proof: ProofFieldsFragment, valid: boolean, receipt: ReceiptFieldsFragment | null): string[] {
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
    `  seen       ${seenBy(receipt)}`,
    `  claimable  ${claimable}`,
  ];
}

function seenBy(receipt: ReceiptFieldsFragment | null): string {
  if (receipt === null) return 'by no listener yet';
  const { slot, streamPartition, sightings } = receipt;
  const places = sightings.map(
    ({ listener, streamOffset }) => `${listener} (${streamPartition}/${streamOffset ?? '?'})`,
  );
  return `in slot ${slot} by ${places.join(', ')}`;
}
