/** The registration file as it is on disk. */

import { readFile, stat } from 'node:fs/promises';
import { AppError } from '../../../runtime/errors.ts';
import { type Endpoint, parseEndpoints } from '../core/endpoint.ts';

/** Writable by the group, anything for everybody. */
const EXPOSED = 0o027;

/** @throws AppError WEBHOOKS_FILE_INVALID: not there, open to others, or of another form. */
export async function readEndpoints(path: string): Promise<readonly Endpoint[]> {
  let text: string;
  try {
    const { mode } = await stat(path);
    if ((mode & EXPOSED) !== 0)
      throw new AppError(
        'WEBHOOKS_FILE_INVALID',
        `${path} has mode ${(mode & 0o777).toString(8).padStart(4, '0')}: others than its owner may read its secrets or change where messages go. Run: chmod g-w,o= ${path}`,
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
