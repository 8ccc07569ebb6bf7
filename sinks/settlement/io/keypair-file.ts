/** The settlement key, from a Solana CLI keypair file that nobody else may use. */

import { chmodSync, readFileSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Keypair } from '@solana/web3.js';
import { AppError } from '../../../runtime/errors.ts';
import { type KeyUser, looksLikeKey, octal, whyExposed, whyForbidden } from '../core/key-exposure.ts';

const SECRET_KEY_BYTES = 64;
const GROUP_OR_OTHERS = 0o077;

/**
 * @param path `~/` stands for the home folder.
 * @param home That folder.
 * @param setting What names the file, for the errors.
 * @throws AppError KEYPAIR_UNREADABLE, KEYPAIR_EXPOSED, KEYPAIR_MALFORMED. Nothing of the key is ever in an error, even if
 * it was given in place of the path.
 */
export function loadKeypair(path: string, home = homedir(), setting = 'SETTLEMENT_KEYPAIR'): Keypair {
  const file = path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
  const stats = statOf(file, setting);
  if (!stats.isFile()) throw unreadable(file, 'it is not a file', setting);
  const user = processUser();
  // Windows has no such bits; there the file system's own rights must do.
  if (user !== undefined && (stats.mode & GROUP_OR_OTHERS) !== 0) {
    const { mode, uid, gid } = stats;
    const why = whyExposed({ file, mode, uid, gid, changeable: isChangeable(file, stats, user) }, user);
    if (why !== undefined) {
      throw new AppError('KEYPAIR_EXPOSED', `${setting} ${file} has mode ${octal(mode)}: ${why}`);
    }
  }
  return parse(file, readText(file, user, stats, setting), setting);
}

function processUser(): KeyUser | undefined {
  const { geteuid, getegid, getgroups } = process;
  if (geteuid === undefined || getegid === undefined || getgroups === undefined) return undefined;
  return { uid: geteuid(), groups: [...new Set([getegid(), ...getgroups()])] };
}

/** Tried by giving the file the rights that it has: only so a read-only mount shows in every case. */
function isChangeable(file: string, { mode, uid }: Stats, user: KeyUser): boolean {
  if (user.uid !== uid && user.uid !== 0) return false;
  try {
    chmodSync(file, mode & 0o7777);
    return true;
  } catch {
    return false;
  }
}

function statOf(file: string, setting: string): Stats {
  try {
    return statSync(file);
  } catch (error) {
    throw unreadable(file, causeOf(error, processUser()), setting);
  }
}

function readText(file: string, user: KeyUser | undefined, stats: Stats, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, causeOf(error, user, stats), setting);
  }
}

function causeOf(error: unknown, user: KeyUser | undefined, stats?: Stats): string {
  const code = (error as NodeJS.ErrnoException).code ?? 'for an unknown reason';
  return user === undefined || (code !== 'EACCES' && code !== 'EPERM') ? code : `${code}: ${whyForbidden(user, stats)}`;
}

function parse(file: string, text: string, setting: string): Keypair {
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
    `${setting} ${file} is no keypair file: it must be a JSON list of ${SECRET_KEY_BYTES} bytes whose second half is the public key, as solana-keygen writes it.`,
  );
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}

function unreadable(file: string, why: string, setting: string): AppError {
  if (looksLikeKey(file)) {
    return new AppError(
      'KEYPAIR_UNREADABLE',
      `${setting} looks like a key, not like the path of a keypair file; it is not shown. Put the key into a file that only this user may read, name that file, and consider the key as seen by whoever sees the environment.`,
    );
  }
  return new AppError('KEYPAIR_UNREADABLE', `${setting} ${file} cannot be read (${why}).`);
}
