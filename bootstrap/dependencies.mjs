import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm, npmFailure } from './npm.mjs';
import { rootDir } from './paths.mjs';
import { step } from './progress.mjs';

const lockFile = join(rootDir, 'package-lock.json');
const modulesDir = join(rootDir, 'node_modules');
const stampFile = join(modulesDir, '.installed-for');

function wantedStamp() {
  const hash = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  return `${hash} ${process.platform} ${process.arch}\n`;
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** What npm itself recorded about node_modules: the same packages in the same versions as the lock file wants? */
function matchesLockFile() {
  const recorded = readText(join(modulesDir, '.package-lock.json'));
  if (recorded === undefined) return false;
  const installed = JSON.parse(recorded).packages;
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.link) return true;
    const found = installed[path];
    return found === undefined ? entry.optional === true || entry.peer === true : found.version === entry.version;
  });
}

/** Says whether node_modules is what package-lock.json asks for. */
export function dependenciesAreInstalled() {
  const stamp = wantedStamp();
  if (readText(stampFile) === stamp) return true;
  if (!matchesLockFile()) return false;
  writeFileSync(stampFile, stamp);
  return true;
}

/** Installs exactly what package-lock.json says (npm ci), run with the given Node. */
export async function installDependencies(node) {
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = await step(
    'Installing dependencies (npm ci)',
    () => '',
    () => npm(node, args, { cwd: rootDir }),
  );
  if (result.code !== 0) throw npmFailure('Installing the dependencies (npm ci)', result);
  writeFileSync(stampFile, wantedStamp());
}
