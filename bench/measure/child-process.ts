import { type ChildProcess, fork } from 'node:child_process';
import { AppError, messageOf } from '../../runtime/errors.ts';

interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

type Answers = Readonly<Record<string, (argument: never) => Promise<unknown>>>;

/** A process of a benchmark, asked question after question: what is measured shares neither event loop nor memory. */
export class BenchChild {
  readonly #process: ChildProcess;
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #exited: Promise<void>;
  #id = 0;

  /**
   * @param file A module that calls `answerParent`.
   * @param env Variables beside our own.
   */
  constructor(file: URL, env: Readonly<Record<string, string>> = {}) {
    this.#process = fork(file, {
      execArgv: ['--conditions=@attention-oracle/source', '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 2, 2, 'ipc'],
      env: { ...process.env, ...env },
    });
    this.#process.on('message', (message) => this.#settle(message as Reply));
    this.#exited = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => {
        const error = new AppError('BENCH_CHILD_ENDED', `${file.pathname} ended with ${code ?? signal}; see above.`);
        for (const { reject } of this.#open.values()) reject(error);
        this.#open.clear();
        resolve();
      });
    });
  }

  /** @throws AppError BENCH_CHILD_FAILED with what the child says, BENCH_CHILD_ENDED. */
  async ask<Result>(name: string, argument?: unknown): Promise<Result> {
    this.#id += 1;
    const settled = Promise.withResolvers<unknown>();
    this.#open.set(this.#id, settled);
    this.#process.send({ id: this.#id, name, argument } satisfies Question);
    return (await settled.promise) as Result;
  }

  async stop(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    await this.#exited;
  }

  #settle({ id, result, error }: Reply): void {
    const settled = this.#open.get(id);
    this.#open.delete(id);
    if (error === undefined) settled?.resolve(result);
    else settled?.reject(new AppError('BENCH_CHILD_FAILED', error));
  }
}

/** The child's side: answers by name, and ends when the parent lets go of it or is gone. */
export function answerParent(answers: Answers): void {
  process.once('disconnect', () => process.exit());
  process.on('message', ({ id, name, argument }: Question) => {
    const answer = answers[name];
    const running =
      answer === undefined ? Promise.reject(new Error(`no answer to ${name}`)) : answer(argument as never);
    running.then(
      (result) => process.send?.({ id, result } satisfies Reply),
      (error: unknown) => process.send?.({ id, error: messageOf(error) } satisfies Reply),
    );
  });
}
