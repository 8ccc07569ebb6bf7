/** The Kafka Streams application of bench/peers/streams, run as its own JVM. */

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { javaPath } from '../../local/stack/java.ts';
import { classPathOf } from '../measure/java-peer.ts';

export interface StreamsOptions {
  readonly brokers: string;
  readonly registryUrl: string;
  readonly events: string;
  readonly roots: string;
  readonly durationSlots: number;
  readonly graceSlots: number;
}

/** One instance with two threads; its state folder is empty at each start, as on a machine that takes over. */
export class Streams {
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;

  private constructor(child: ChildProcess) {
    this.#process = child;
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  static async start(options: StreamsOptions, dataDir: string): Promise<Streams> {
    const state = join(dataDir, 'streams-state');
    rmSync(state, { recursive: true, force: true });
    const { brokers, registryUrl, events, roots, durationSlots, graceSlots } = options;
    const numbers = [durationSlots, graceSlots].map(String);
    const given = [brokers, registryUrl, events, roots, 'bench-streams', state, ...numbers];
    const child = spawn(
      await javaPath(),
      ['-Xmx1g', '-cp', classPathOf('streams'), 'attentionoracle.EpochRoots', ...given],
      {
        stdio: ['ignore', 2, 2],
      },
    );
    return new Streams(child);
  }

  /** The most memory it has held, MB, as the kernel counts it. */
  peakRssMb(): number {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.#exited;
  }
}
