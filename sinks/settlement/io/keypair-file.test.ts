import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base58Encode, bytesToHex } from '@attention-oracle/sdk';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Keypair } from '@solana/web3.js';
import { messageOf } from '../../../runtime/errors.ts';
import { loadKeypair } from './keypair-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'ao-keypair-'));
const key = Keypair.generate();
const content = JSON.stringify([...key.secretKey]);

afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function failureOf(path: string): string {
  try {
    loadKeypair(path);
  } catch (error) {
    return `${(error as { code?: string }).code ?? ''} ${messageOf(error)}`;
  }
  throw new Error('the keypair was taken');
}

describe('loadKeypair', () => {
  it('reads a file of the Solana CLI', () => {
    expect(loadKeypair(file('good', content)).publicKey.equals(key.publicKey)).toBe(true);
  });

  it('expands ~ to the home folder', () => {
    file('in-home', content);
    expect(loadKeypair('~/in-home', folder).publicKey.equals(key.publicKey)).toBe(true);
  });

  it.each([0o640, 0o604, 0o660, 0o644, 0o610])('refuses a file of ours that others may use (mode %o)', (mode) => {
    expect(failureOf(file('exposed', content, mode))).toMatch(/^KEYPAIR_EXPOSED .*chmod 600/);
  });

  it('says that a file is missing or is a folder', () => {
    expect(failureOf(join(folder, 'absent'))).toMatch(/^KEYPAIR_UNREADABLE .*ENOENT/);
    expect(failureOf(folder)).toMatch(/^KEYPAIR_UNREADABLE .*not a file/);
  });

  it('takes a secret that is mounted for a group of the process and is not its to change', () => {
    const path = file('mounted', content, 0o440);
    const { geteuid, getegid } = process;
    // What only an administrator can make, another user's file, is seen with the eyes of another user.
    const owner = statSync(path);
    Object.assign(process, { geteuid: () => owner.uid + 1, getegid: () => owner.gid });
    try {
      expect(loadKeypair(path).publicKey.equals(key.publicKey)).toBe(true);
    } finally {
      Object.assign(process, { geteuid, getegid });
    }
  });

  it.each([JSON.stringify([...key.secretKey]), base58Encode(key.secretKey), bytesToHex(key.secretKey)])(
    'does not show a key that was given in place of its path',
    (secret) => {
      const failure = failureOf(secret);
      expect(failure).toMatch(/^KEYPAIR_UNREADABLE .*looks like a key/);
      expect(failure).not.toContain(secret.slice(0, 8));
    },
  );

  it.each([
    ['no JSON', 'secret words'],
    ['a base58 text', '"5J3mBbAH58CpQ3Y5RNJpUKPE62SQ5tfcvU2JpbnkeyhfsYB1Jcn"'],
    ['too few bytes', JSON.stringify([...key.secretKey].slice(1))],
    ['a number that is no byte', JSON.stringify([...key.secretKey].with(5, 256))],
    ['a public half that does not fit', JSON.stringify([...key.secretKey].with(63, (key.secretKey[63] ?? 0) ^ 1))],
  ])('refuses %s and tells nothing of the content', (_what, text) => {
    const failure = failureOf(file('malformed', text));
    expect(failure).toMatch(/^KEYPAIR_MALFORMED /);
    expect(failure).not.toContain(text.slice(0, 12));
  });
});
