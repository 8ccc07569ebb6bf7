import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from './child.mjs';
import { withLock } from './file-lock.mjs';
import { moduleCommand } from './node-module.mjs';
import { rootDir } from './paths.mjs';
import { BootstrapError, say, step } from './progress.mjs';

const roomDir = join(rootDir, 'explorer');
const builtDir = join(roomDir, 'dist');
const stampFile = join(builtDir, '.built-for');
/** What the build is made of; its packages are named by the lock file. */
const sources = ['explorer/src', 'explorer/public', 'sdk/src'];
const files = ['explorer/index.html', 'explorer/graphiql.html', 'explorer/vite.config.ts', 'explorer/compressed.ts'];

function isSource(path) {
  return /\.(tsx?|css|js|svg)$/.test(path) && !path.endsWith('.test.ts') && !/[\\/]testing[\\/]/.test(path);
}

function wantedStamp() {
  const hash = createHash('sha256');
  const within = sources.flatMap((folder) =>
    readdirSync(join(rootDir, folder), { recursive: true })
      .filter(isSource)
      .map((path) => join(folder, path)),
  );
  for (const path of [...within, ...files, 'package-lock.json'].sort())
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(rootDir, path)))
      .update('\0');
  return `${hash.digest('hex')}\n`;
}

/** Whether the page is built, of the sources as they are now. */
function explorerIsBuilt() {
  try {
    return readFileSync(stampFile, 'utf8') === wantedStamp();
  } catch {
    return false;
  }
}

/** Builds the explorer page where it is missing or of older sources, once for all who ask at the same time. Throws as buildExplorer. */
export async function ensureExplorer(tools) {
  if (explorerIsBuilt()) return;
  const onWait = (pid) => say(`Waiting for another run (process ${pid}) to build the explorer page …`);
  await withLock(join(rootDir, '.data', 'explorer.lock'), onWait, async () => {
    if (!explorerIsBuilt()) await buildExplorer(tools);
  });
}

/** Builds the explorer page into explorer/dist, whole or not at all. Throws BootstrapError with what the build said. */
export async function buildExplorer({ node, env }) {
  const wanted = wantedStamp();
  const fresh = mkdtempSync(join(roomDir, '.dist-'));
  try {
    const args = ['build', '--configLoader', 'native', '--logLevel', 'warn', '--emptyOutDir', '--outDir', fresh];
    const { code, output } = await step(
      'Building the explorer page',
      () => '',
      () => capture(node, [moduleCommand('vite', 'vite'), ...args], { cwd: roomDir, env }),
    );
    if (code !== 0) throw new BootstrapError(`The explorer page cannot be built:\n${output.trimEnd()}`);
    writeFileSync(join(fresh, '.built-for'), wanted);
    chmodSync(fresh, 0o755);
    rmSync(builtDir, { recursive: true, force: true });
    renameSync(fresh, builtDir);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
