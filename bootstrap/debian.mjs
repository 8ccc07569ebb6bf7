import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from './child.mjs';
import { BootstrapError } from './progress.mjs';
import { provisionedFolder } from './provisioned-folder.mjs';

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
export function provisionDebian({ name, title, check }) {
  return provisionedFolder({ name: `debian-${name}`, title }, async (folder) => {
    const archives = join(folder, 'archives');
    mkdirSync(archives);
    await download([name], archives);
    const libraries = await missingLibraries(archivesIn(archives)[0]);
    if (libraries.length > 0) await download(libraries, archives);
    for (const archive of archivesIn(archives)) {
      const unpacking = await capture('dpkg-deb', ['-x', archive, folder]);
      if (unpacking.code !== 0) throw new BootstrapError(`it cannot be unpacked: ${reasonOf(unpacking)}`);
    }
    rmSync(archives, { recursive: true });
    const [program, ...args] = check;
    const tried = await capture(join(folder, program), args, { env: librariesOf(folder) });
    if (tried.code !== 0) throw new BootstrapError(`it does not run here: ${reasonOf(tried)}`);
  });
}
