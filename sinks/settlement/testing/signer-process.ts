/** Starts and drives the signer of the tests. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Keypair } from '@solana/web3.js';
import type { SignerMode } from './run-signer.ts';

export interface SignerProcess {
  readonly url: string;
  readonly tokenFile: string;
  behave(mode: SignerMode): Promise<void>;
  /** Makes a new version of the key. @returns its address. */
  rotate(): Promise<string>;
  stop(): Promise<void>;
}

export async function startSigner(keypair: Keypair): Promise<SignerProcess> {
  const script = fileURLToPath(new URL('./run-signer.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@attention-oracle/source', script], {
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  child.stdin.end(JSON.stringify([...keypair.secretKey]));
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const url = `http://127.0.0.1:${port.toString().trim()}`;
  const folder = mkdtempSync(join(tmpdir(), 'ao-signer-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, 'token-of-the-tests\n', { mode: 0o600 });
  const put = async (path: string): Promise<unknown> => (await fetch(`${url}/${path}`, { method: 'PUT' })).json();
  return {
    ...{ url, tokenFile },
    behave: async (mode) => void (await put(`mode/${encodeURIComponent(mode)}`)),
    rotate: async () => ((await put('rotate')) as { address: string }).address,
    async stop() {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}
