import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from './child.mjs';
import { withLock } from './file-lock.mjs';
import { toolsDir } from './paths.mjs';
import { BootstrapError, step } from './progress.mjs';

function reasonOf({ output }) {
  const line = output.split('\n').find((text) => /^(E|dpkg-deb):|Error|ENOENT/.test(text));
  return (line ?? output.trim().split('\n').at(-1) ?? '').slice(0, 200);
}

/** Downloads packages into the folder; a machine that has no list of packages yet fetches that first. */
async function download(packages, folder) {
  const run = (args) => capture('apt-get', args, { cwd: folder });
  const wanted = ['download', ...packages];
  let result = await run(wanted);
  if (result.code !== 0 && (await run(['update'])).code === 0) result = await run(wanted);
  if (result.code !== 0) throw new BootstrapError(`apt-get ${wanted.join(' ')}: ${reasonOf(result)}`);
}

async function isInstalled(name) {
  const { code, output } = await capture('dpkg-query', ['--show', '--showformat=${Status}', name]);
  return code === 0 && output.includes('install ok installed');
}

/** Libraries that a package asks for and that this machine lacks. */
async function missingLibraries(archive) {
  const { output } = await capture('dpkg-deb', ['--field', archive, 'Depends']);
  const names = output.split(/[,|]/).map((text) => text.trim().split(/[ (:]/)[0]);
  const missing = [];
  for (const name of new Set(names))
    if (/^lib(?!js-)[a-z0-9.+-]+\d/.test(name) && !(await isInstalled(name))) missing.push(name);
  return missing;
}

const archivesIn = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(folder, name));

async function fetchPackage({ name, title, check }, target) {
  const folder = mkdtempSync(`${target}-`);
  try {
    await step(
      `Fetching ${title}`,
      () => '',
      () => download([name], folder),
    );
    const libraries = await missingLibraries(archivesIn(folder)[0]);
    if (libraries.length > 0) await download(libraries, folder);
    const unpacked = join(folder, 'unpacked');
    for (const archive of archivesIn(folder)) {
      const unpacking = await capture('dpkg-deb', ['-x', archive, unpacked]);
      if (unpacking.code !== 0) throw new BootstrapError(`cannot be unpacked: ${reasonOf(unpacking)}`);
    }
    const [program, ...args] = check;
    const tried = await capture(join(unpacked, program), args, { env: librariesOf(unpacked) });
    if (tried.code !== 0) throw new BootstrapError(`does not run here: ${reasonOf(tried)}`);
    renameSync(unpacked, target);
  } catch (error) {
    throw error instanceof BootstrapError ? new BootstrapError(`${title} cannot be had here: ${error.message}`) : error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Variables with which a program of an unpacked package finds the libraries beside it. */
export function librariesOf(folder) {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch] ?? process.arch;
  return { LD_LIBRARY_PATH: join(folder, 'usr/lib', `${machine}-linux-gnu`) };
}

/**
 * Debian's package, with the libraries that the machine lacks, unpacked into the tools folder, whole or not at all; nothing is installed.
 * Gives the folder. `check` is a program of it, by its path inside, that must end with status 0, and its arguments.
 * Throws BootstrapError with the reason where it cannot be had.
 */
export async function provisionDebian({ name, title, check }) {
  const target = join(toolsDir, `debian-${name}`);
  mkdirSync(toolsDir, { recursive: true });
  await withLock(
    `${target}.lock`,
    () => undefined,
    async () => {
      if (!existsSync(target)) await fetchPackage({ name, title, check }, target);
    },
  );
  return target;
}
