/** The program of a worker: subtree jobs come in, their levels go out. Runs in Node's worker threads and in browsers. */
import { activeKernel, initKeccak } from '../../keccak/active-kernel.ts';
import { hashSubtree, type SubtreeJob, type SubtreeResult, transferOf } from './subtree.ts';
import { nodeWorkerThreads } from './worker-host.ts';

interface WorkerPort {
  onmessage: ((event: { readonly data: SubtreeJob }) => void) | null;
  postMessage(result: SubtreeResult, transfer: readonly ArrayBuffer[]): void;
}

const port = (nodeWorkerThreads()?.parentPort ?? globalThis) as unknown as WorkerPort;
const ready = initKeccak();

port.onmessage = ({ data }) => {
  void ready.then(() => {
    const result = hashSubtree(activeKernel(), data);
    port.postMessage(result, transferOf(result));
  });
};
