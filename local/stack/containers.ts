import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GenericContainer, getContainerRuntimeClient } from 'testcontainers';
import { AppError } from '../../runtime/errors.ts';
import { type ContainerSpec, containerSpec } from './container-spec.ts';
import { type PartName, partNames } from './decide.ts';
import { probeCluster } from './kafka-probe.ts';
import type { EmbeddedPartOptions, StartedPart } from './part.ts';
import { pickPort } from './ports.ts';
import { databaseAnswers, databaseName, passwordOf } from './postgres-access.ts';
import { requireBackward } from './registry-compatibility.ts';

const startTimeoutMs = 180_000;
const readyTimeoutMs = 60_000;

/** A container that is published on 127.0.0.1 only; the library would publish it on every address. */
class LocalContainer extends GenericContainer {
  private readonly binding: { readonly port: number; readonly hostPort: number };

  constructor(image: string, binding: { readonly port: number; readonly hostPort: number }) {
    super(image);
    this.binding = binding;
    this.withExposedPorts({ container: binding.port, host: binding.hostPort });
  }

  protected override beforeContainerCreated = async (): Promise<void> => {
    const { port, hostPort } = this.binding;
    this.hostConfig.PortBindings = { [`${port}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: `${hostPort}` }] };
  };
}

/** The volume of a part: one for each data folder, so that two checkouts do not share data. */
function volumeName(dataDir: string, part: PartName): string {
  return `attention-oracle-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}-${part}`;
}

async function answers(part: PartName, spec: ContainerSpec, hostPort: number): Promise<boolean> {
  switch (part) {
    case 'kafka':
      return (await probeCluster(hostPort, 2000)) !== undefined;
    case 'registry':
      await requireBackward(spec.address);
      return true;
    case 'postgres':
      return databaseAnswers((database) => spec.address.replace(new RegExp(`/${databaseName}$`), `/${database}`));
  }
}

/** Starts a part in a container; its data stays in a named volume. Rejects when the engine cannot get or run the image. */
export async function startContainer(
  part: PartName,
  dataDir: string,
  { ports, signal }: Pick<EmbeddedPartOptions, 'ports' | 'signal'>,
): Promise<StartedPart> {
  const dir = join(dataDir, part);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const hostPort = await pickPort({ name: part, ...ports });
  const spec = containerSpec(part, hostPort, passwordOf(dir));
  const container = new LocalContainer(spec.image, { port: spec.port, hostPort })
    .withEnvironment({ ...spec.env })
    .withBindMounts([{ source: volumeName(dataDir, part), target: spec.dataPath, mode: 'rw' }])
    .withStartupTimeout(startTimeoutMs);
  if (spec.user !== undefined) container.withUser(spec.user);
  const started = await container.start();
  const deadlineMs = Date.now() + readyTimeoutMs;
  while (!(await answers(part, spec, hostPort).catch(() => false))) {
    if (signal?.aborted === true || Date.now() > deadlineMs) {
      await started.stop();
      signal?.throwIfAborted();
      throw new AppError(
        'STACK_PART_FAILED',
        `The container of ${spec.image} was not ready after ${readyTimeoutMs / 1000} s.`,
      );
    }
    await delay(100);
  }
  return {
    address: spec.address,
    exited: new Promise<string>(() => undefined),
    async stop(withinMs = 15_000) {
      await started.stop({ timeout: withinMs });
    },
  };
}

/** Removes the volumes of a data folder; one that is not there is fine. */
export async function removeContainerData(dataDir: string): Promise<void> {
  const client = await getContainerRuntimeClient();
  for (const part of partNames) {
    await client.container.dockerode
      .getVolume(volumeName(dataDir, part))
      .remove()
      .catch((error: unknown) => {
        if ((error as { statusCode?: number }).statusCode !== 404) throw error;
      });
  }
}
