/** `ao verify`: check a proof bundle offline, roots from the event topic alone, or an archive. */

import { readFileSync } from 'node:fs';
import { verifyBundle } from '@attention-oracle/sdk';
import type { Command } from 'commander';
import { printJson } from '../print.ts';
import { addVerifyArchiveCommand } from './verify-archive.ts';
import { addVerifyRootCommand } from './verify-root.ts';
import { addVerifyRootsCommand } from './verify-roots.ts';

export function addVerifyCommand(program: Command): void {
  const command = program
    .command('verify')
    .description('check a proof bundle (JSON file) without asking anybody; status 1 when it does not hold')
    .argument('[file]', 'the bundle; default: - reads standard input', '-')
    .action((file: string) => {
      const valid = verifyBundle(readFileSync(file === '-' ? 0 : file, 'utf8'));
      printJson({ valid });
      if (!valid) process.exitCode = 1;
    });
  addVerifyRootCommand(command);
  addVerifyRootsCommand(command);
  addVerifyArchiveCommand(command);
}
