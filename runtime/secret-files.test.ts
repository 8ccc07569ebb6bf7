import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadSecretFiles, SECRET_VARIABLES } from './secret-files.ts';

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'secrets-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function fileWith(text: string): string {
  const path = join(dir, 'secret');
  writeFileSync(path, text);
  return path;
}

describe('a secret in a file', () => {
  it.each(SECRET_VARIABLES)('is taken as %s, without the line break at its end and nothing else', (name) => {
    const env = { [`${name}_FILE`]: fileWith(' two words \n') };
    loadSecretFiles(env);
    expect(env).toMatchObject({ [name]: ' two words ' });
  });

  it('refuses a value that is given twice, whichever was meant, and tells no value', () => {
    const env = { DATABASE_URL_FILE: fileWith('postgresql://hunter2@a/b'), DATABASE_URL: 'postgresql://hunter2@c/d' };
    expect(() => loadSecretFiles(env)).toThrow(
      /^DATABASE_URL and DATABASE_URL_FILE are both set: unset one of them\.$/,
    );
  });

  it('refuses a file that is not there, or holds nothing: it does not become the default', () => {
    expect(() => loadSecretFiles({ DATABASE_URL_FILE: join(dir, 'nowhere') })).toThrow(/cannot be read \(ENOENT\)/);
    expect(() => loadSecretFiles({ DATABASE_URL_FILE: fileWith('\n') })).toThrow(/which is empty/);
  });

  it('leaves everything else alone', () => {
    const env = { SETTLEMENT_KEYPAIR_FILE: join(dir, 'nowhere'), DATABASE_URL_FILE: '', LOG_LEVEL: 'info' };
    loadSecretFiles(env);
    expect(env).toEqual({ SETTLEMENT_KEYPAIR_FILE: join(dir, 'nowhere'), DATABASE_URL_FILE: '', LOG_LEVEL: 'info' });
  });
});
