/** Who may read and change the file that holds the secrets of all endpoints. */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError } from '../../../runtime/errors.ts';
import { readEndpoints } from './endpoints-file.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const ENTRY = { id: 'acme', url: 'https://acme.example/hooks', secrets: [SECRET], from: 'beginning' };

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'endpoints-'));
});

afterAll(() => rmSync(dir, { recursive: true }));

function fileOfMode(mode: number): string {
  const file = join(dir, `${mode.toString(8)}.json`);
  writeFileSync(file, JSON.stringify({ endpoints: [ENTRY] }));
  // Past the umask.
  chmodSync(file, mode);
  return file;
}

async function reasonOf(file: string): Promise<string> {
  try {
    await readEndpoints(file);
  } catch (error) {
    if (error instanceof AppError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'none';
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

describe('the registration file', () => {
  it.each([0o600, 0o400, 0o640, 0o440].map((mode) => [octal(mode), mode] as const))(
    'is taken with mode %s: its owner alone changes it, nobody but its group reads it',
    async (_name, mode) => {
      expect(await readEndpoints(fileOfMode(mode))).toMatchObject([{ id: 'acme' }]);
    },
  );

  it.each([0o644, 0o604, 0o601, 0o602, 0o666, 0o660, 0o620].map((mode) => [octal(mode), mode] as const))(
    'is refused with mode %s, with what to run, and without a secret in the sentence',
    async (_name, mode) => {
      const file = fileOfMode(mode);
      const reason = await reasonOf(file);
      expect(reason).toMatch(/^WEBHOOKS_FILE_INVALID .*Run: chmod g-w,o= /);
      expect(reason).toContain(file);
      expect(reason).not.toContain('whsec_');
    },
  );

  it('that is not there is refused with the command that prints an entry', async () => {
    expect(await reasonOf(join(dir, 'nothing.json'))).toMatch(/^WEBHOOKS_FILE_INVALID .*ENOENT.*ao webhooks new URL/);
  });
});
