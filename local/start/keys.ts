/** Keypairs of a local chain, made once and kept in the Solana CLI's file format, readable by their owner only. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Keypair } from '@solana/web3.js';

export interface KeyFile {
  readonly path: string;
  readonly keypair: Keypair;
}

export function keyFile(dir: string, name: string): KeyFile {
  const path = join(dir, `${name}.json`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  try {
    return {
      path,
      keypair: Keypair.fromSecretKey(Uint8Array.from(JSON.parse(readFileSync(path, 'utf8')) as number[])),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const keypair = Keypair.generate();
  writeFileSync(path, JSON.stringify([...keypair.secretKey]), { mode: 0o600, flag: 'wx' });
  return { path, keypair };
}
