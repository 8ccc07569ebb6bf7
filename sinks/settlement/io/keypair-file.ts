/** The settlement key, from a Solana CLI keypair file that only its owner can read. */

import { readFileSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Keypair } from '@solana/web3.js';
import { AppError } from '../../../runtime/errors.ts';

const SECRET_KEY_BYTES = 64;
const GROUP_OR_OTHERS = 0o077;

/**
 * @param path `~/` stands for the home folder.
 * @param home That folder.
 * @throws AppError KEYPAIR_UNREADABLE, KEYPAIR_EXPOSED, KEYPAIR_MALFORMED. Nothing of the content is ever in an error.
 */
export function loadKeypair(path: string, home = homedir()): Keypair {
  const file = path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
  const stats = statOf(file);
  if (!stats.isFile()) throw unreadable(file, 'it is not a file');
  // Windows has no such bits; there the file system's own rights must do.
  if (process.platform !== 'win32' && (stats.mode & GROUP_OR_OTHERS) !== 0) {
    throw new AppError(
      'KEYPAIR_EXPOSED',
      `SETTLEMENT_KEYPAIR ${file} has mode ${(stats.mode & 0o777).toString(8).padStart(3, '0')}: others than its owner may use it. Run: chmod 600 ${file}`,
    );
  }
  return parse(file, readText(file));
}

function statOf(file: string): Stats {
  try {
    return statSync(file);
  } catch (error) {
    throw unreadable(file, (error as NodeJS.ErrnoException).code ?? 'it cannot be read');
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, (error as NodeJS.ErrnoException).code ?? 'it cannot be read');
  }
}

function parse(file: string, text: string): Keypair {
  try {
    const bytes: unknown = JSON.parse(text);
    if (Array.isArray(bytes) && bytes.length === SECRET_KEY_BYTES && bytes.every(isByte)) {
      return Keypair.fromSecretKey(Uint8Array.from(bytes));
    }
  } catch {
    // The parser's and the key's errors quote what they read: they go no further.
  }
  throw new AppError(
    'KEYPAIR_MALFORMED',
    `SETTLEMENT_KEYPAIR ${file} is no keypair file: it must be a JSON list of ${SECRET_KEY_BYTES} bytes whose second half is the public key, as solana-keygen writes it.`,
  );
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}

function unreadable(file: string, why: string): AppError {
  return new AppError('KEYPAIR_UNREADABLE', `SETTLEMENT_KEYPAIR ${file} cannot be read (${why}).`);
}
