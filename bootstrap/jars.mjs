import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { capture } from './child.mjs';
import { ownRepository, runMaven } from './maven.mjs';
import { kafkaLibsDir, registryDir, toolsDir } from './paths.mjs';
import { BootstrapError } from './progress.mjs';
import { versions } from './versions.mjs';

// 2.8 runs on every Maven 3 and copies an artifact without reading its POM, whose parent not every mirror has.
const copyPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:2.8';

/** Says whether the broker's and the registry's jars are here. */
export function jarsAreInstalled() {
  return existsSync(kafkaLibsDir) && existsSync(registryDir);
}

/** Works in a folder that becomes target only when everything is in it. */
async function installInto(target, work) {
  mkdirSync(toolsDir, { recursive: true });
  const folder = mkdtempSync(join(toolsDir, 'fetching-'));
  try {
    const result = await work(folder);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(result, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function kafkaPom() {
  const dependency = (group, artifact, version) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>attention-oracle</groupId><artifactId>broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    ${dependency('org.apache.kafka', `kafka_${versions.kafkaScala}`, versions.kafka)}
    ${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', versions.log4jBinding)}
  </dependencies>
</project>
`;
}

async function fetchKafka(tools) {
  await installInto(kafkaLibsDir, async (folder) => {
    writeFileSync(join(folder, 'pom.xml'), kafkaPom());
    const libs = join(folder, 'libs');
    const goal = [`${copyPlugin}:copy-dependencies`, '-DincludeScope=runtime', `-DoutputDirectory=${libs}`];
    const isDone = () => existsSync(libs) && readdirSync(libs).some((name) => name.startsWith('kafka_'));
    await runMaven(`Fetching Kafka ${versions.kafka} (45 MB)`, goal, { ...tools, cwd: folder, isDone });
    return libs;
  });
}

async function fetchRegistry(tools) {
  await installInto(registryDir, async (folder) => {
    const archive = join(folder, `apicurio-registry-app-${versions.registry}-all.tar.gz`);
    const artifact = `io.apicurio:apicurio-registry-app:${versions.registry}:tar.gz:all`;
    const goal = [`${copyPlugin}:copy`, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`];
    const title = `Fetching the schema registry, Apicurio ${versions.registry} (109 MB)`;
    await runMaven(title, goal, { ...tools, cwd: folder, isDone: () => existsSync(archive) });
    const unpacked = join(folder, 'unpacked');
    mkdirSync(unpacked);
    // Unzipped here: tar needs a gzip on PATH for it, which a bare machine may not have.
    const plain = join(folder, 'registry.tar');
    await pipeline(createReadStream(archive), createGunzip(), createWriteStream(plain));
    const result = await capture('tar', ['-xf', plain, '-C', unpacked]);
    if (result.code !== 0) {
      const reason = result.output.trim().slice(0, 200);
      throw new BootstrapError(
        `The schema registry's archive cannot be unpacked by tar (${reason}): install tar and run again.`,
      );
    }
    return unpacked;
  });
}

/** Fetches what is missing of the broker's and the registry's jars; each is there whole or not at all. */
export async function installJars(tools) {
  if (!existsSync(kafkaLibsDir)) await fetchKafka(tools);
  if (!existsSync(registryDir)) await fetchRegistry(tools);
  rmSync(ownRepository, { recursive: true, force: true });
}
