/** PostGraphile 5 over the same tables: its packages are fetched into .data, apart from the repository's own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../runtime/errors.ts';

const PEERS = join(import.meta.dirname, '../peers');
const FOLDER = join(import.meta.dirname, '../../.data/bench-peers');

export interface Peer {
  readonly port: number;
  stop(): void;
}

/** @throws AppError BENCH_PEER_MISSING where its packages cannot be had. */
export async function startPostgraphile(databaseUrl: string, schema: string): Promise<Peer> {
  mkdirSync(FOLDER, { recursive: true });
  cpSync(PEERS, FOLDER, { recursive: true });
  if (!existsSync(join(FOLDER, 'node_modules/postgraphile'))) {
    const installed = await ended(
      spawn('npm', ['install', '--no-audit', '--no-fund'], { cwd: FOLDER, stdio: ['ignore', 2, 2] }),
    );
    if (installed !== 0)
      throw new AppError('BENCH_PEER_MISSING', 'The packages of bench/peers cannot be fetched; see above.');
  }
  const child = spawn(process.execPath, ['postgraphile.mjs'], {
    cwd: FOLDER,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      GRAPHILE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      DATABASE_SCHEMA: schema,
    },
    stdio: ['ignore', 'pipe', 2, 'ipc'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => resolve(Number(text)));
    child.once('exit', (code) =>
      reject(new AppError('BENCH_PEER_MISSING', `PostGraphile ended with ${code}; see above.`)),
    );
  });
  return { port, stop: () => void child.kill() };
}

const ended = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once('exit', resolve));
