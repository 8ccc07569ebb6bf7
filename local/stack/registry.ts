import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { registryDir } from '../../bootstrap/paths.mjs';
import { AppError } from '../../runtime/errors.ts';
import { classArchive, javaPath, jvmOptions } from './java.ts';
import type { EmbeddedPartOptions, StartedPart } from './part.ts';
import { pickPort } from './ports.ts';
import { endLeftover, pidFileName, startingStopMs, startProcess } from './process.ts';
import { requireBackward } from './registry-compatibility.ts';

const idleLimitMs = 60_000;
const instanceHeader = 'X-Stack-Instance';

function runnerJar(): string {
  const name = existsSync(registryDir)
    ? readdirSync(registryDir).find((file) => file.endsWith('-runner.jar'))
    : undefined;
  if (name === undefined) {
    throw new AppError(
      'STACK_NO_JARS',
      "The schema registry's jar is missing: run `npm start` or `npm test` once, which fetch it.",
    );
  }
  return join(registryDir, name);
}

/** Quarkus reads its settings from system properties. */
function settings(port: number, instance: string): string[] {
  const values = {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': port,
    [`quarkus.http.header."${instanceHeader}".value`]: instance,
    'quarkus.log.level': 'WARN',
    'quarkus.log.category."io.apicurio".level': 'WARN',
    'quarkus.http.access-log.enabled': false,
    'quarkus.banner.enabled': false,
    'apicurio.storage.kind': 'sql',
    'apicurio.storage.sql.kind': 'h2',
    // Relative to the working folder, so that no path can break the URL. Written at once: an id once given must survive kill -9.
    'apicurio.datasource.url': 'jdbc:h2:file:./registry;WRITE_DELAY=0',
  };
  return Object.entries(values).map(([key, value]) => `-D${key}=${value}`);
}

/** Says whether this very instance answers: another one may have taken the port a moment earlier. */
async function answers(url: string, instance: string): Promise<boolean> {
  const response = await fetch(`${url}/config`, { signal: AbortSignal.timeout(2000) });
  await response.arrayBuffer();
  return response.ok && response.headers.get(instanceHeader) === instance;
}

/**
 * Starts Apicurio from the provisioned jars with its database in the folder, so that schema ids survive restarts, and sets
 * compatibility BACKWARD as the default (its own is NONE). The address is the URL of its Confluent-compatible API.
 */
export async function startRegistry({ dir, ports, signal }: EmbeddedPartOptions): Promise<StartedPart> {
  const tmpDir = join(dir, 'tmp');
  const pidFile = join(dir, pidFileName);
  mkdirSync(dir, { recursive: true });
  await endLeftover(pidFile, 'SIGTERM');
  rmSync(tmpDir, { recursive: true, force: true });
  mkdirSync(tmpDir, { recursive: true });

  const java = await javaPath();
  const jar = runnerJar();
  const archive = classArchive('registry', java, [jar].join(delimiter));
  const port = await pickPort({ name: 'the schema registry', ...ports });
  const instance = randomUUID();
  const registry = startProcess({
    name: 'The schema registry',
    command: java,
    args: [...archive.options, ...jvmOptions(256, tmpDir), ...settings(port, instance), '-jar', jar],
    cwd: dir,
    logFile: join(dir, 'registry.log'),
    pidFile,
    stopSignal: 'SIGTERM',
    failureInLog: /Failed to start application/,
  });
  const address = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  try {
    await registry.waitUntilReady(() => answers(address, instance), { idleMs: idleLimitMs, signal });
    await requireBackward(address);
  } catch (error) {
    await registry.stop(startingStopMs);
    throw error;
  }
  return {
    address,
    pid: registry.pid,
    exited: registry.exited,
    async stop(withinMs) {
      await registry.stop(withinMs);
      archive.keep(await registry.exited);
    },
  };
}
