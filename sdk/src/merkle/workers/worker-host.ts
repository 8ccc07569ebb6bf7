import { AttentionOracleError } from '../../errors.ts';
import { type SubtreeJob, type SubtreeResult, transferOf } from './subtree.ts';

/** A started worker: takes jobs in order, answers each. */
export interface TreeWorker {
  run(job: SubtreeJob): Promise<SubtreeResult>;
  /** Ends the worker; jobs without an answer fail. */
  close(): Promise<void>;
}

/** What differs between Node's workers and a browser's. */
interface RawWorker {
  post(job: SubtreeJob): void;
  onResult(listener: (result: SubtreeResult) => void): void;
  onFailure(listener: (cause: unknown) => void): void;
  terminate(): Promise<unknown>;
}

interface NodeWorker {
  on(event: string, listener: (value: never) => void): void;
  postMessage(job: SubtreeJob, transfer: readonly ArrayBuffer[]): void;
  terminate(): Promise<number>;
}

interface BrowserWorker {
  addEventListener(event: string, listener: (event: { data: SubtreeResult; message?: string }) => void): void;
  postMessage(job: SubtreeJob, transfer: readonly ArrayBuffer[]): void;
  terminate(): void;
}

interface NodeWorkerThreads {
  readonly parentPort: object | null;
  readonly Worker: new (url: URL) => NodeWorker;
}

interface Host {
  readonly process?: { getBuiltinModule?: (name: string) => unknown };
  readonly Worker?: new (url: URL, options: { type: 'module' }) => BrowserWorker;
}

const host = globalThis as unknown as Host;

/** Node's worker threads, found without an import so that bundles for browsers have nothing to resolve. */
export function nodeWorkerThreads(): NodeWorkerThreads | undefined {
  return host.process?.getBuiltinModule?.('node:worker_threads') as NodeWorkerThreads | undefined;
}

/** Whether this host has workers at all. */
export function hasWorkers(): boolean {
  return nodeWorkerThreads() !== undefined || host.Worker !== undefined;
}

function startRaw(url: URL | undefined): RawWorker {
  const threads = nodeWorkerThreads();
  if (threads) {
    // Run from source, the worker is source too.
    const name = import.meta.url.endsWith('.ts') ? './tree-worker.ts' : './tree-worker.js';
    const worker = new threads.Worker(url ?? new URL(name, import.meta.url));
    return {
      post: (job) => worker.postMessage(job, transferOf(job)),
      onResult: (listener) => worker.on('message', listener),
      onFailure: (listener) => {
        worker.on('error', listener);
        worker.on('exit', (status: number) => listener(new Error(`the worker ended with status ${status}`)));
      },
      terminate: () => worker.terminate(),
    };
  }
  const Worker = host.Worker as NonNullable<Host['Worker']>;
  // Written out, because bundlers look for exactly this.
  const worker = url
    ? new Worker(url, { type: 'module' })
    : new Worker(new URL('./tree-worker.js', import.meta.url), { type: 'module' });
  return {
    post: (job) => worker.postMessage(job, transferOf(job)),
    onResult: (listener) => worker.addEventListener('message', (event) => listener(event.data)),
    onFailure: (listener) =>
      worker.addEventListener('error', (event) => listener(new Error(event.message ?? 'the worker did not load'))),
    terminate: async () => worker.terminate(),
  };
}

/** Starts a worker. A failure to load shows as the failure of its first job. */
export function startTreeWorker(url?: URL): TreeWorker {
  const raw = startRaw(url);
  const waiting = new Map<number, { resolve: (result: SubtreeResult) => void; reject: (error: Error) => void }>();
  let failure: AttentionOracleError | undefined;

  raw.onResult((result) => {
    waiting.get(result.id)?.resolve(result);
    waiting.delete(result.id);
  });
  raw.onFailure((cause) => {
    failure ??= new AttentionOracleError('WORKER_FAILED', 'a tree worker stopped', {}, { cause });
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  });

  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure);
        waiting.set(job.id, { resolve, reject });
        raw.post(job);
      }),
    async close() {
      await raw.terminate();
    },
  };
}
