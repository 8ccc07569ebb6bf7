/** `ao verify`: check a proof bundle offline. */

import { readFileSync } from 'node:fs';
import { verifyBundle } from '@attention-oracle/sdk';
import type { Command } from 'commander';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { printJson } from '../print.ts';

export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description('check a proof bundle (JSON file) without asking anybody; status 1 when it does not hold')
    .argument('<file>', 'the bundle; - reads standard input')
    .action((file: string) => {
      const result = verifyBundle(parse(readFileSync(file === '-' ? 0 : file, 'utf8')) as never);
      printJson(result);
      if (!result.valid) process.exitCode = 1;
    });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('ARGUMENT_INVALID', `The bundle is not JSON: ${messageOf(cause)}`, { cause });
  }
}
