import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { capture } from './child.mjs';
import { BootstrapError } from './progress.mjs';
import { versions } from './versions.mjs';

const executable = process.platform === 'win32' ? 'java.exe' : 'java';

function candidates() {
  const homes = process.env.JAVA_HOME ? [join(process.env.JAVA_HOME, 'bin')] : [];
  return [...homes, ...(process.env.PATH ?? '').split(delimiter)]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, executable))
    .filter((path) => existsSync(path));
}

function major(version) {
  const [first, second] = version.split(/[._+-]/);
  return Number(first === '1' ? second : first);
}

/** Java's major version: from the release file beside it where there is one, which costs no start of a JVM. */
async function majorVersion(java) {
  try {
    const release = readFileSync(join(dirname(dirname(realpathSync(java))), 'release'), 'utf8');
    const line = /^JAVA_VERSION="([^"]+)"/m.exec(release);
    if (line !== null) return major(line[1]);
  } catch {
    // No release file: ask the program itself.
  }
  const { output } = await capture(java, ['-version']);
  const line = /version "([^"]+)"/.exec(output);
  return line === null ? 0 : major(line[1]);
}

/** Path of the first Java on JAVA_HOME or PATH that is new enough; a BootstrapError says what to install otherwise. */
export async function findJava() {
  const seen = [];
  for (const java of candidates()) {
    const version = await majorVersion(java);
    if (version >= versions.javaMinimum) return java;
    seen.push(version);
  }
  const found = seen.length === 0 ? 'none is on PATH or in JAVA_HOME' : `only Java ${seen.join(', ')} is here`;
  throw new BootstrapError(
    `Java ${versions.javaMinimum} or newer is needed to run Kafka and the schema registry, and ${found}: install it ` +
      `(Debian or Ubuntu: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17; elsewhere: https://adoptium.net) ` +
      'or set JAVA_HOME, or give running ones by KAFKA_BROKERS and SCHEMA_REGISTRY_URL.',
  );
}
