/** `ao export proofs`: the proofs of settled roots as static files. */

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../runtime/errors.ts';
import { type GatewayOptions, gatewayUrl, withGateway, withGatewayOption } from '../gateway/session.ts';
import { printJson, printTable } from '../print.ts';
import { type SettledRoot, writeProofs } from '../proofs/proof-files.ts';

interface ExportProofsOptions extends GatewayOptions {
  readonly to: string;
  readonly channel?: string;
  readonly json?: boolean;
}

const PAGE = 100;

/** @param parent `ao export`. */
export function addExportProofsCommand(parent: Command): void {
  withGatewayOption(parent.command('proofs'))
    .description('write the proofs of settled roots as files for any web server or CDN; what is there is kept')
    .requiredOption('--to <dir>', 'folder that the server serves; files are DIR/api/v1/proofs/CHANNEL/EPOCH/INDEX')
    .option('--channel <channel>', 'only of this channel')
    .option('--json', 'one JSON array')
    .action(exportProofs);
}

async function exportProofs(options: ExportProofsOptions): Promise<void> {
  const directory = resolve(options.to);
  const rows: Record<string, string | number>[] = [];
  for await (const { channel, epoch, root, count } of settledRoots(options)) {
    try {
      const done = await writeProofs(
        gatewayUrl(options).replace(/\/$/, ''),
        { channel, epoch, root, count },
        directory,
      );
      rows.push({ channel, epoch, ...done });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      process.stderr.write(`ao: ${error.message}\n`);
      process.exitCode = 1;
    }
  }
  if (options.json === true) printJson(rows);
  else
    printTable(
      ['channel', 'epoch', 'written', 'kept'],
      rows.map((row) => Object.values(row)),
    );
}

async function* settledRoots(options: ExportProofsOptions): AsyncGenerator<SettledRoot> {
  const { channel } = options;
  for (let after: string | null | undefined; ; ) {
    const { roots } = await withGateway(options, (client) =>
      client.roots({
        status: 'SETTLED',
        first: PAGE,
        ...(channel === undefined ? {} : { channel }),
        ...(after === undefined ? {} : { after }),
      }),
    );
    for (const { node } of roots.edges) yield { ...node, epoch: String(node.epoch) };
    if (!roots.pageInfo.hasNextPage) return;
    after = roots.pageInfo.endCursor;
  }
}
