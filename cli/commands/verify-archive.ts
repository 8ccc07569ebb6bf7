/** `ao verify archive`: whether an archive is the one that was signed. */

import type { Command } from 'commander';
import { Archive } from '../../audit/io/archive.ts';
import { readPublicKey } from '../../audit/io/signing-key.ts';
import { printJson, printLine } from '../print.ts';

interface VerifyArchiveOptions {
  publicKey?: string;
  json?: boolean;
}

export function addVerifyArchiveCommand(verify: Command): void {
  verify
    .command('archive')
    .description('check the signature and every digest of an archive; status 1 when one does not hold')
    .argument('<dir>', 'folder of the archive')
    .option(
      '--public-key <file>',
      'whose signature is taken, Ed25519 in PEM; without it the key that the archive names',
    )
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  ao verify archive archive-2026-11 --public-key archive-key.pub.pem')
    .action(async (directory: string, { publicKey, json }: VerifyArchiveOptions) => {
      const archive = Archive.open(directory, publicKey === undefined ? undefined : readPublicKey(publicKey));
      await archive.assertWhole();
      const partitions = archive.manifest.topics.flatMap((topic) => topic.partitions);
      const records = partitions.reduce((sum, one) => sum + one.records, 0);
      const { signer } = archive;
      if (json === true) printJson({ valid: true, signer, records, trusted: publicKey !== undefined });
      else {
        printLine(`Whole: ${records} records, signed by ${signer}.`);
        if (publicKey === undefined)
          printLine('The key is the one that the archive names: compare it, or give --public-key.');
      }
    });
}
