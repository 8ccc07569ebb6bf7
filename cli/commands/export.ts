/** `ao export`: the topics as signed files, and proofs as files for a web server. */

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { fingerprintOf, readSigningKey } from '../../audit/io/signing-key.ts';
import { writeArchive } from '../../audit/io/write-archive.ts';
import { config as processorConfig, rulesOf } from '../../processors/epoch-roots/config.ts';
import { loadConfig } from '../../runtime/config.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { withKafka } from '../kafka/session.ts';
import { printJson, printTable } from '../print.ts';
import { addExportProofsCommand } from './export-proofs.ts';

interface ExportOptions {
  to: string;
  key: string;
  json?: boolean;
}

export function addExportCommand(program: Command): void {
  const command = program.command('export').description('what others can take away');
  command
    .command('archive')
    .description('write the topics as Avro container files with schemas, digests and a signed manifest')
    .requiredOption('--to <dir>', 'folder of the archive; made if it is not there, must be empty')
    .requiredOption('--key <file>', 'Ed25519 private key in PEM that signs it, readable by its owner only')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nThe rules of the processor are written with it: set them as its role has them.\n\nExample:\n  openssl genpkey -algorithm ed25519 -out archive-key.pem && chmod 600 archive-key.pem\n  ao export archive --to archive-2026-11 --key archive-key.pem',
    )
    .action((options: ExportOptions) => exportArchive(options));
  addExportProofsCommand(command);
}

async function exportArchive({ to, key: keyFile, json }: ExportOptions): Promise<void> {
  const key = readSigningKey(keyFile);
  const rules = rulesOf(loadConfig(processorConfig, process.env));
  const manifest = await withKafka(async ({ kafka, settings }) => {
    const codec = await RecordCodec.connect(settings);
    const onTopic = ({ topic }: { readonly topic: string }): void => {
      process.stderr.write(`ao: ${topic} is written\n`);
    };
    return writeArchive({ kafka, codec, directory: resolve(to), rules, key, createdAt: new Date(), onTopic });
  });
  const rows = manifest.topics.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, records, nextOffset, sha256 }) => ({ topic, partition, records, nextOffset, sha256 })),
  );
  if (json === true) printJson({ directory: resolve(to), signer: fingerprintOf(key), rows });
  else
    printTable(
      ['topic', 'partition', 'records', 'next offset', 'sha256'],
      rows.map((row) => [row.topic, row.partition, row.records, row.nextOffset, row.sha256]),
    );
}
