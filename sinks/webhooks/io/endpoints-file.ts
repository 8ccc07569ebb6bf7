/** The registration file as it is on disk. */

import { readFile, stat } from 'node:fs/promises';
import { AppError } from '../../../runtime/errors.ts';
import { type Endpoint, parseEndpoints } from '../core/endpoint.ts';

/** @throws AppError WEBHOOKS_FILE_INVALID: not there, readable by everybody, or of another form. */
export async function readEndpoints(path: string): Promise<readonly Endpoint[]> {
  let text: string;
  try {
    if (((await stat(path)).mode & 0o007) !== 0)
      throw new AppError(
        'WEBHOOKS_FILE_INVALID',
        `Everybody on this machine may read the secrets in ${path}. Run: chmod o= ${path}`,
      );
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new AppError(
      'WEBHOOKS_FILE_INVALID',
      `WEBHOOKS_FILE names ${path}, which cannot be read (${code}). npx ao webhooks new URL prints an entry for it.`,
      { cause },
    );
  }
  return parseEndpoints(text, path);
}
