/** `npm start` as a process of its own, and the questions that a soak asks of it. */

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rootDir } from '../../../bootstrap/paths.mjs';
import { AppError } from '../../../runtime/errors.ts';
import { servedRoots } from '../../start/gateway-view.ts';
import { platformOn, type RunningPlatform } from '../../start/running-platform.ts';

const PROBE_TIMEOUT_MS = 1000;

export class SoakedPlatform {
  readonly dataDir: string;
  readonly #child: ReturnType<typeof spawn>;
  readonly #exited: Promise<string>;
  #end: string | undefined;

  /**
   * @param gatewayPort A free one: another platform of this machine must not answer for this one.
   * @param onLine Told what it says.
   */
  constructor(dataDir: string, gatewayPort: number, onLine: (line: string) => void) {
    this.dataDir = resolve(dataDir);
    rmSync(this.dataDir, { recursive: true, force: true });
    const main = join(rootDir, 'local/start/main.ts');
    const args = [...process.execArgv, main, '--data', this.dataDir, '--fresh', '--port', String(gatewayPort)];
    this.#child = spawn(process.execPath, args, { cwd: rootDir, stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child.stdout?.on('data', (text: Buffer) => onLine(text.toString().trimEnd()));
    this.#exited = new Promise((done) => {
      this.#child.on('exit', (code, signal) => {
        this.#end = signal ?? `status ${code}`;
        done(this.#end);
      });
    });
  }

  /** The platform, once it is announced. @throws AppError SOAK_ENDED when it has ended. */
  get running(): RunningPlatform | undefined {
    if (this.#end !== undefined)
      throw new AppError('SOAK_ENDED', `npm start ended with ${this.#end}; its logs are in ${this.dataDir}/logs.`);
    return platformOn(this.dataDir);
  }

  get gatewayUrl(): string {
    return `http://127.0.0.1:${this.running?.variables['GATEWAY_PORT']}`;
  }

  /** Whether the gateway answers a question within a second, from its database. */
  async gatewayAnswers(): Promise<boolean> {
    try {
      const response = await fetch(`${this.gatewayUrl}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ roots(first: 1) { edges { node { root } } } }' }),
        signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
      });
      const { errors } = (await response.json()) as { errors?: unknown };
      return response.ok && errors === undefined;
    } catch {
      return false;
    }
  }

  /** How many roots the gateway serves; settled: final on chain, seen back by the listener. */
  async roots(): Promise<{ served: number; settled: number }> {
    const roots = await servedRoots(this.gatewayUrl).catch(() => []);
    return { served: roots.length, settled: roots.filter(({ settled, seenOnChain }) => settled && seenOnChain).length };
  }

  /** Runs a command of `ao` on the platform. @returns its status; null where it was ended by a signal. */
  ao(...args: string[]): Promise<number | null> {
    const command = [...process.execArgv, join(rootDir, 'cli/ao.ts'), ...args];
    const env = { ...process.env, ...this.running?.variables, AO_ENV_FILE: 'none' };
    const child = spawn(process.execPath, command, { cwd: rootDir, env, stdio: ['ignore', 'ignore', 'inherit'] });
    return new Promise((done) => child.on('exit', (code) => done(code)));
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#exited;
  }
}
