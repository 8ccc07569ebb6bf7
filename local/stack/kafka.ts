import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { kafkaLibsDir } from '../../bootstrap/paths.mjs';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { type ClassArchive, classArchive, javaPath, jvmOptions } from './java.ts';
import { probeCluster } from './kafka-probe.ts';
import { kafkaProperties, log4jConfiguration } from './kafka-properties.ts';
import type { EmbeddedPartOptions, StartedPart } from './part.ts';
import { pickPort } from './ports.ts';
import { endLeftover, pidFileName, startingStopMs, startProcess } from './process.ts';

const idleLimitMs = 60_000;

function classPath(): string {
  if (!existsSync(kafkaLibsDir)) {
    throw new AppError(
      'STACK_NO_JARS',
      "Kafka's jars are missing: run `npm start` or `npm test` once, which fetch them.",
    );
  }
  // In a fixed order: an archive of classes is only good for the very class path that it was made with.
  const jars = readdirSync(kafkaLibsDir).filter((name) => name.endsWith('.jar'));
  return jars
    .sort()
    .map((name) => join(kafkaLibsDir, name))
    .join(delimiter);
}

/** Formats the log folder the first time; gives the cluster's id. The id file is written last: without it nothing was kept. */
async function formatOnce(
  java: string,
  options: readonly string[],
  home: string,
  logDir: string,
  users: readonly string[],
): Promise<string> {
  const idFile = join(home, 'cluster.id');
  if (existsSync(idFile) && existsSync(join(logDir, 'meta.properties'))) return readFileSync(idFile, 'utf8').trim();
  rmSync(logDir, { recursive: true, force: true });
  // An id that begins with a dash would be taken for an option.
  const id = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  const args = [...options, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', join(home, 'server.properties')];
  for (const user of users) args.push('--add-scram', user);
  await promisify(execFile)(java, args, { cwd: home }).catch((error: unknown) => {
    throw new AppError('STACK_PART_FAILED', `Kafka's data folder cannot be formatted: ${messageOf(error)}`, {
      cause: error,
    });
  });
  writeFileSync(idFile, `${id}\n`);
  return id;
}

/** A broker that is set up otherwise than one for this machine alone. */
export interface BrokerSetup {
  readonly properties: Readonly<Record<string, string>>;
  /** As Kafka's storage tool takes them: `SCRAM-SHA-512=[name=…,password=…]`; made when the data folder is new. */
  readonly scramUsers: readonly string[];
}

/**
 * Starts a single-node Kafka (KRaft) from the provisioned jars; its data stays in the folder.
 * The address is host:port. AppError STACK_PORT_TAKEN or STACK_PART_FAILED with the end of its log.
 */
export async function startKafka(
  { dir, ports, signal }: EmbeddedPartOptions,
  setup: BrokerSetup = { properties: {}, scramUsers: [] },
): Promise<StartedPart> {
  const home = dir;
  const logDir = join(home, 'data');
  const tmpDir = join(home, 'tmp');
  const pidFile = join(home, pidFileName);
  mkdirSync(home, { recursive: true });
  await endLeftover(pidFile, 'SIGTERM');
  rmSync(tmpDir, { recursive: true, force: true });
  mkdirSync(tmpDir, { recursive: true });

  const java = await javaPath();
  const jars = classPath();
  const archive: ClassArchive = classArchive('kafka', java, jars);
  const brokerPort = await pickPort({ name: 'Kafka', ...ports });
  const controllerPort = await pickPort({ name: "Kafka's controller" });
  writeFileSync(
    join(home, 'server.properties'),
    kafkaProperties({ brokerPort, controllerPort, logDir, over: setup.properties }),
  );
  writeFileSync(join(home, 'log4j2.xml'), log4jConfiguration);
  const common = [
    ...jvmOptions(256, tmpDir),
    `-Dlog4j2.configurationFile=${pathToFileURL(join(home, 'log4j2.xml')).href}`,
    '-cp',
    jars,
  ];
  const clusterId = await formatOnce(java, common, home, logDir, setup.scramUsers);
  const broker = startProcess({
    name: 'Kafka',
    command: java,
    args: [...archive.options, ...common, 'kafka.Kafka', join(home, 'server.properties')],
    cwd: home,
    logFile: join(home, 'broker.log'),
    pidFile,
    stopSignal: 'SIGTERM',
  });
  const address = `127.0.0.1:${brokerPort}`;
  try {
    await broker.waitUntilReady(async () => (await probeCluster(brokerPort, 2000)) === clusterId, {
      idleMs: idleLimitMs,
      signal,
    });
  } catch (error) {
    await broker.stop(startingStopMs);
    throw error;
  }
  return {
    address,
    pid: broker.pid,
    exited: broker.exited,
    async stop(withinMs) {
      await broker.stop(withinMs);
      archive.keep(await broker.exited);
    },
  };
}
