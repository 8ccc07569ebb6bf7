/** Kafka, registry and PostgreSQL of the long rehearsal: they can be lost, files and all, and begun again at their addresses. */

import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startKafka } from '../../local/stack/kafka.ts';
import type { StartedPart } from '../../local/stack/part.ts';
import { startPostgres } from '../../local/stack/postgres.ts';
import { postgresHome } from '../../local/stack/postgres-binaries.ts';
import { postgresUser } from '../../local/stack/postgres-user.ts';
import { startRegistry } from '../../local/stack/registry.ts';
import type { Addresses } from './setting.ts';

export class Parts {
  readonly #dir: string;
  #kafka: StartedPart;
  #registry: StartedPart;
  #postgres: StartedPart;

  private constructor(dir: string, kafka: StartedPart, registry: StartedPart, postgres: StartedPart) {
    this.#dir = dir;
    this.#kafka = kafka;
    this.#registry = registry;
    this.#postgres = postgres;
  }

  static async start(dir: string): Promise<Parts> {
    const [kafka, registry, postgres] = await Promise.all([
      startKafka({ dir: join(dir, 'kafka'), ports: {} }),
      startRegistry({ dir: join(dir, 'registry'), ports: {} }),
      startPostgres({ dir: join(dir, 'postgres'), ports: {} }),
    ]);
    return new Parts(dir, kafka, registry, postgres);
  }

  get addresses(): Addresses {
    return {
      kafkaBrokers: this.#kafka.address,
      registryUrl: this.#registry.address,
      databaseUrl: this.#postgres.address,
    };
  }

  async #dataFolder(): Promise<{ data: string; owner: string | undefined }> {
    const { place, uid, gid } = await postgresUser(postgresHome(), join(this.#dir, 'postgres'));
    return { data: join(place, 'data'), owner: uid === undefined ? undefined : `${uid}:${gid}` };
  }

  /** kill -9, and its files are gone. */
  async losePostgres(): Promise<void> {
    await kill(this.#postgres);
    rmSync((await this.#dataFolder()).data, { recursive: true, force: true });
  }

  /** @param restore Fills the folder that it is given. */
  async restorePostgres(restore: (data: string) => Promise<void>): Promise<void> {
    const { data, owner } = await this.#dataFolder();
    await restore(data);
    if (owner !== undefined) await promisify(execFile)('chown', ['-R', owner, data]);
    const port = Number(new URL(this.#postgres.address).port);
    this.#postgres = await startPostgres({ dir: join(this.#dir, 'postgres'), ports: { given: port } });
  }

  /** kill -9 of broker and registry, and their files are gone. */
  async loseKafka(): Promise<void> {
    await Promise.all([kill(this.#kafka), kill(this.#registry)]);
    for (const name of ['kafka', 'registry']) rmSync(join(this.#dir, name), { recursive: true, force: true });
  }

  /** Empty ones, at the same addresses. */
  async beginKafkaAnew(): Promise<void> {
    const [kafkaPort, registryPort] = [this.#kafka.address.split(':').at(-1), new URL(this.#registry.address).port];
    [this.#kafka, this.#registry] = await Promise.all([
      startKafka({ dir: join(this.#dir, 'kafka'), ports: { given: Number(kafkaPort) } }),
      startRegistry({ dir: join(this.#dir, 'registry'), ports: { given: Number(registryPort) } }),
    ]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#kafka.stop(), this.#registry.stop(), this.#postgres.stop()]);
  }
}

async function kill(part: StartedPart): Promise<void> {
  if (part.pid === undefined) throw new Error('the part has no process');
  process.kill(part.pid, 'SIGKILL');
  await part.exited;
}
