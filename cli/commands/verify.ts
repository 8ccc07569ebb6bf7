/** `ao verify`: check a proof bundle offline or beside the chain, roots from the event topic alone, or an archive. */

import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { bundleOfProof, type ProofBundle, verifyBundle } from '@attention-oracle/sdk';
import type { Command } from 'commander';
import { newestProof, sayChosen } from '../gateway/newest.ts';
import { type GatewayOptions, withGateway, withGatewayOption } from '../gateway/session.ts';
import { printJson } from '../print.ts';
import { addVerifyArchiveCommand } from './verify-archive.ts';
import { addVerifyRootCommand } from './verify-root.ts';
import { addVerifyRootsCommand } from './verify-roots.ts';

interface VerifyOptions extends GatewayOptions {
  readonly file: string | undefined;
  readonly rpc?: string;
  readonly mint?: string;
}

export function addVerifyCommand(program: Command): void {
  const command = withGatewayOption(program.command('verify'))
    .description(
      'check a proof bundle (JSON file) without asking anybody, or with --rpc its settlement on chain too; status 1 when it does not hold',
    )
    .argument(
      '[file]',
      'the bundle; - or nothing: standard input, where that is empty the first proof of the newest root',
    )
    .option(
      '--rpc <url>',
      'a node to fetch the settlement from: root, channel, epoch, slot, block time and fee must be those on chain',
    )
    .option('--mint <address>', 'with --rpc: the mint that the root must be of')
    .action(async (file: string | undefined, options: Omit<VerifyOptions, 'file'>) => {
      const { rpc, mint } = options;
      const bundle = await bundleFrom({ ...options, file });
      if (rpc === undefined) return tell({ valid: verifyBundle(bundle) });
      const { verdict, ...found } = await verifyBundle(bundle, { rpc, ...(mint === undefined ? {} : { mint }) });
      tell({ valid: verdict === 'proven', verdict, ...found });
    });
  addVerifyRootCommand(command);
  addVerifyRootsCommand(command);
  addVerifyArchiveCommand(command);
}

async function bundleFrom({ file, ...options }: VerifyOptions): Promise<string | ProofBundle> {
  if (file !== undefined && file !== '-') return readFileSync(file, 'utf8');
  // Not at once: a pipe that another program of Node writes into may have nothing yet.
  const given = file === undefined && process.stdin.isTTY ? '' : await text(process.stdin);
  if (given.trim() !== '' || file === '-') return given;
  return withGateway(options, async (client) => {
    const { root, proof } = await newestProof(client);
    sayChosen(`the proof of leaf 0 of the newest root (${root.channel}, epoch ${root.epoch}), as the gateway gives it`);
    return bundleOfProof(proof, root.count);
  });
}

function tell(answer: { readonly valid: boolean } & Readonly<Record<string, unknown>>): void {
  printJson(answer);
  if (!answer.valid) process.exitCode = 1;
}
