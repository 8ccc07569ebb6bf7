/** `npm start` as a child process of a test: what it prints, how it ends. */

import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

const main = resolve(import.meta.dirname, '../main.ts');

export class StartProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number>;
  readonly #waiting = new Set<() => void>();
  #stdout = '';
  #stderr = '';
  #status: number | undefined;

  /** @param env Over the variables of this process, of which none of the platform's are passed on. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>>, cwd: string) {
    this.#child = spawn(
      process.execPath,
      ['--conditions=@attention-oracle/source', '--disable-warning=ExperimentalWarning', main, ...args],
      {
        cwd,
        env: { ...process.env, NODE_OPTIONS: '', AO_STACK: 'embedded', AO_PORTS: 'any', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#onText(() => (this.#stdout += chunk.toString())));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#onText(() => (this.#stderr += chunk.toString())));
    this.#ended = new Promise((done) => {
      this.#child.on('close', (status) => {
        this.#onText(() => (this.#status = status ?? -1));
        done(status ?? -1);
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What people read. */
  get text(): string {
    return this.#stderr;
  }

  /** The exit status. */
  get ended(): Promise<number> {
    return this.#ended;
  }

  /** The last line of standard output. */
  get summary(): Record<string, unknown> {
    const line = this.#stdout.trimEnd().split('\n').at(-1) ?? '';
    return JSON.parse(line) as Record<string, unknown>;
  }

  /** Resolves once the text says it. @throws when it ends without having said it. */
  async untilSays(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#stderr)) {
      if (this.#status !== undefined) throw new Error(`it ended with ${this.#status}, having said:\n${this.#stderr}`);
      await new Promise<void>((done) => this.#waiting.add(done));
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** For the end of a test, whatever has become of it. */
  async kill(): Promise<void> {
    if (this.#status === undefined) this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #onText(change: () => void): void {
    change();
    for (const done of this.#waiting) done();
    this.#waiting.clear();
  }
}
