import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from './paths.mjs';

/** Path of the JavaScript file behind a command of an installed package: no shell and no shims needed to run it. */
export function moduleCommand(packageName, command) {
  const folder = join(rootDir, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}
