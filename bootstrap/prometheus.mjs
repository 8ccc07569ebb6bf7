import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { capture } from './child.mjs';
import { withLock } from './file-lock.mjs';
import { toolsDir } from './paths.mjs';
import { BootstrapError, step } from './progress.mjs';

const names = ['prometheus', 'promtool'];

function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...folders, '/usr/bin'].map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function reasonOf({ output }) {
  const line = output.split('\n').find((text) => /^(E|dpkg-deb):|Error|ENOENT/.test(text));
  return (line ?? output.trim().split('\n').at(-1) ?? '').slice(0, 200);
}

/** Downloads Debian's package into the folder; a machine that has no list of packages yet fetches that first. */
async function download(folder) {
  const run = (args) => capture('apt-get', args, { cwd: folder });
  let result = await run(['download', 'prometheus']);
  if (result.code !== 0 && (await run(['update'])).code === 0) result = await run(['download', 'prometheus']);
  return result;
}

/** The programs of Debian's package, unpacked into the tools folder, whole or not at all; nothing is installed. */
async function fetchPackage(target) {
  const folder = mkdtempSync(`${target}-`);
  try {
    const result = await step(
      "Fetching Prometheus (Debian's package, 19 MB)",
      () => '',
      () => download(folder),
    );
    const archive = readdirSync(folder).find((name) => name.endsWith('.deb'));
    if (result.code !== 0 || archive === undefined)
      throw new BootstrapError(`Prometheus cannot be had here: apt-get download prometheus: ${reasonOf(result)}`);
    const unpacked = join(folder, 'unpacked');
    const unpacking = await capture('dpkg-deb', ['-x', join(folder, archive), unpacked]);
    if (unpacking.code !== 0) throw new BootstrapError(`Prometheus cannot be unpacked: ${reasonOf(unpacking)}`);
    const check = await capture(join(unpacked, 'usr/bin/prometheus'), ['--version']);
    if (check.code !== 0) throw new BootstrapError(`Debian's Prometheus does not run here: ${reasonOf(check)}`);
    renameSync(join(unpacked, 'usr/bin'), target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Those of the machine, else Debian's, fetched into the tools folder. Throws BootstrapError with the reason where there are none. */
export async function provisionPrometheus() {
  const [prometheus, promtool] = names.map(onPath);
  if (prometheus !== undefined && promtool !== undefined) return { prometheus, promtool };
  const target = join(toolsDir, 'prometheus-debian');
  mkdirSync(toolsDir, { recursive: true });
  await withLock(
    `${target}.lock`,
    () => undefined,
    async () => {
      if (!existsSync(target)) await fetchPackage(target);
    },
  );
  return { prometheus: join(target, 'prometheus'), promtool: join(target, 'promtool') };
}
