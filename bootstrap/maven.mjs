import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { capture } from './child.mjs';
import { installAlone, isWritable } from './npm.mjs';
import { toolsDir } from './paths.mjs';
import { BootstrapError, megabytes, step } from './progress.mjs';
import { unzip } from './unzip.mjs';
import { versions } from './versions.mjs';

/** Where Maven keeps what it fetches when the home folder cannot be written; not needed once the jars are copied. */
export const ownRepository = join(toolsDir, 'maven-repository');

const home = join(toolsDir, `maven-${versions.mavenPackage}`);

function isOnPath() {
  const program = process.platform === 'win32' ? 'mvn.cmd' : 'mvn';
  return (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));
}

/** Unpacks the Maven that npm's package `mvn` carries as a zip file. */
async function provisionMaven(node) {
  if (existsSync(home)) return;
  mkdirSync(toolsDir, { recursive: true });
  const prefix = mkdtempSync(join(toolsDir, 'maven-'));
  try {
    const options = ['--ignore-scripts'];
    await installAlone(node, `mvn@${versions.mavenPackage}`, prefix, { title: 'Installing Maven', options });
    const name = `apache-maven-${versions.mavenPackage}`;
    unzip(join(prefix, 'node_modules', 'mvn', 'src', `${name}-bin.zip`), prefix);
    renameSync(join(prefix, name), home);
  } finally {
    rmSync(prefix, { recursive: true, force: true });
  }
}

/** The provisioned Maven, started through Java: needs no shell and no execute bits. */
function provisionedCommand(java) {
  const boot = join(home, 'boot');
  const launcher = readdirSync(boot).find((name) => name.startsWith('plexus-classworlds') && name.endsWith('.jar'));
  const options = [
    '-classpath',
    join(boot, launcher ?? ''),
    `-Dclassworlds.conf=${join(home, 'bin', 'm2.conf')}`,
    `-Dmaven.home=${home}`,
    `-Dmaven.multiModuleProjectDirectory=${toolsDir}`,
    'org.codehaus.plexus.classworlds.launcher.Launcher',
  ];
  return { command: java, prefix: options };
}

/** Follows Maven's own output: bytes of what it has downloaded, and of the file it is at. */
function downloadMeter() {
  let doneBytes = 0;
  let current = '';
  const units = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };
  return {
    onText(text) {
      for (const [, amount, unit] of text.matchAll(/Downloaded from [^\n(]*\(([\d.]+) (B|kB|MB|GB) at/g)) {
        doneBytes += Number(amount) * units[unit];
        current = '';
      }
      const progress = [...text.matchAll(/Progress \(\d+\): ([\d.]+\/[\d.]+ MB)/g)].at(-1);
      if (progress !== undefined) current = progress[1];
    },
    detail() {
      if (doneBytes === 0 && current === '') return '';
      return `${megabytes(doneBytes)}${current === '' ? '' : ` and ${current}`} downloaded`;
    },
  };
}

function reasonOf(output) {
  const plain = output.replace(/\x1b\[[\d;]*m/g, '');
  const line = plain.split('\n').find((text) => text.startsWith('[ERROR]') && text.length > 10);
  return (line ?? plain.trim().split('\n').at(-1) ?? '')
    .replace(/^\[ERROR\]\s*/, '')
    .replace(/ -> \[Help.*$/, '')
    .slice(0, 300);
}

/**
 * Runs one Maven goal: the Maven on PATH first, and where there is none or it fails, the one that npm provides.
 * isDone says whether the goal has made what was wanted; a BootstrapError tells the first failure.
 */
export async function runMaven(title, goal, { java, node, cwd, isDone }) {
  const local = join(homedir(), '.m2', 'repository');
  const repository = isWritable(local) ? [] : [`-Dmaven.repo.local=${ownRepository}`];
  const failures = [];
  const attempt = async ({ command, prefix }) => {
    const meter = downloadMeter();
    const args = [...prefix, '-U', ...repository, ...goal];
    const result = await step(title, meter.detail, () => capture(command, args, { cwd, onText: meter.onText }));
    if (result.code === 0 && isDone()) return true;
    failures.push(result.code === 0 ? 'Maven made no file' : reasonOf(result.output));
    return false;
  };
  if (isOnPath() && (await attempt({ command: 'mvn', prefix: [] }))) return;
  try {
    await provisionMaven(node);
  } catch (error) {
    // The machine's own Maven has said more about what is wrong than the failed attempt to get another.
    if (failures.length === 0) throw error;
  }
  if (existsSync(home) && (await attempt(provisionedCommand(java)))) return;
  throw new BootstrapError(
    `${title} failed: ${failures[0]}. Check the network (or Maven's settings) and run the command again.`,
  );
}
