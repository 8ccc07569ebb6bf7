/** `ao verify`: check a proof bundle offline, roots from the event topic alone, or an archive. */

import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { type ProofBundle, verifyBundle } from '@attention-oracle/sdk';
import type { Command } from 'commander';
import { newestProof, sayChosen } from '../gateway/newest.ts';
import { type GatewayOptions, withGateway, withGatewayOption } from '../gateway/session.ts';
import { printJson } from '../print.ts';
import { bundleOf } from './proof.ts';
import { addVerifyArchiveCommand } from './verify-archive.ts';
import { addVerifyRootCommand } from './verify-root.ts';
import { addVerifyRootsCommand } from './verify-roots.ts';

interface VerifyOptions extends GatewayOptions {
  readonly file: string | undefined;
}

export function addVerifyCommand(program: Command): void {
  const command = withGatewayOption(program.command('verify'))
    .description('check a proof bundle (JSON file) without asking anybody; status 1 when it does not hold')
    .argument(
      '[file]',
      'the bundle; - or nothing: standard input, where that is empty the first proof of the newest root',
    )
    .action(async (file: string | undefined, options: GatewayOptions) => {
      const bundle = await bundleFrom({ ...options, file });
      const valid = verifyBundle(bundle);
      printJson({ valid });
      if (!valid) process.exitCode = 1;
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
    return bundleOf(proof, root.count);
  });
}
