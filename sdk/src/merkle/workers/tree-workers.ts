import { HASH_BYTES } from '../../bytes.ts';
import { AttentionOracleError } from '../../errors.ts';
import { activeKernel } from '../../keccak/active-kernel.ts';
import type { Claim } from '../leaves.ts';
import { allocateLevels, hashLevels, type OddNode } from '../levels.ts';
import { MessageBuffer } from '../message-buffer.ts';
import { type LeafPlan, planLeaves } from '../recipes.ts';
import { countLeaves, emptyTree, HashedLevels, knownOddNode, MerkleTree, type MerkleTreeOptions } from '../tree.ts';
import {
  SUBTREE_BYTES,
  SUBTREE_HEIGHT,
  SUBTREE_LEAVES,
  type SubtreeJob,
  type SubtreeMemory,
  subtreeLevels,
} from './subtree.ts';
import { hasWorkers, startTreeWorker, type TreeWorker } from './worker-host.ts';

/** How many workers, and where their program is when it does not lie beside this package's own files. */
export interface TreeWorkersOptions {
  /** 1 to 64; the number of processors when not given. */
  readonly workers?: number;
  readonly workerUrl?: URL;
}

/** Enough to keep a worker busy while its last answer is on the way. */
const JOBS_IN_FLIGHT_PER_WORKER = 2;
const MAX_WORKERS = 64;

/**
 * Workers that are kept for many trees. Close them when done.
 *
 * @example
 * const workers = new TreeWorkers({ workers: 2 });
 * const tree = await workers.build(claims);
 * await workers.close();
 */
export class TreeWorkers {
  private readonly workers: readonly TreeWorker[];
  private nextJobId = 0;

  /** @throws AttentionOracleError WORKER_COUNT_INVALID; WORKERS_UNAVAILABLE where the host has none. */
  constructor(options: TreeWorkersOptions = {}) {
    const count = options.workers ?? processorCount();
    if (!Number.isInteger(count) || count < 1 || count > MAX_WORKERS) {
      throw new AttentionOracleError(
        'WORKER_COUNT_INVALID',
        `workers must be a whole number from 1 to ${MAX_WORKERS}`,
        {
          workers: count,
        },
      );
    }
    if (!hasWorkers()) {
      throw new AttentionOracleError('WORKERS_UNAVAILABLE', 'this host has no workers: use new MerkleTree instead');
    }
    this.workers = Array.from({ length: count }, () => startTreeWorker(options.workerUrl));
  }

  /**
   * The tree that `new MerkleTree(claims, options)` gives, or `MerkleTree.fromLeaves` for leaves end to end. Small
   * trees are made on the spot.
   * @throws AttentionOracleError as those two, and WORKER_FAILED.
   */
  async build(source: readonly Claim[] | Uint8Array, options: MerkleTreeOptions = {}): Promise<MerkleTree> {
    const oddNode = knownOddNode(options.oddNode);
    const jobs =
      source instanceof Uint8Array ? leafJobs(source, oddNode) : claimJobs(planLeaves(source, options), oddNode);
    if (jobs.leafCount <= SUBTREE_LEAVES) {
      return source instanceof Uint8Array ? MerkleTree.fromLeaves(source, options) : new MerkleTree(source, options);
    }
    const levels = allocateLevels(jobs.leafCount);
    await this.fill(levels, jobs);
    hashLevels(activeKernel(), levels.slice(SUBTREE_HEIGHT), oddNode);
    return new MerkleTree(new HashedLevels(levels), options);
  }

  /** Ends the workers. Trees under way fail. */
  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
  }

  private async fill(levels: readonly Uint8Array[], jobs: SubtreeJobs): Promise<void> {
    let next = 0;
    const takeJobs = async (worker: TreeWorker): Promise<void> => {
      let memory: SubtreeMemory | undefined;
      while (next < jobs.leafCount) {
        const from = next;
        const to = Math.min(from + SUBTREE_LEAVES, jobs.leafCount);
        next = to;
        try {
          memory = jobs.load(memory ?? emptyMemory(), from, to);
          const result = await worker.run({ ...jobs.job, id: this.nextJobId++, leafCount: to - from, memory });
          memory = result.memory;
          placeSubtree(levels, from, to, memory.levels);
        } catch (error) {
          // A tree with a bad claim will not be finished: leave the rest of its jobs undone.
          next = jobs.leafCount;
          throw error;
        }
      }
    };
    const lanes = Array.from({ length: JOBS_IN_FLIGHT_PER_WORKER }, () => this.workers).flat();
    await Promise.all(lanes.map(takeJobs));
  }
}

/**
 * Makes one tree in workers started for it; see {@link TreeWorkers} for many trees.
 * @throws AttentionOracleError as {@link TreeWorkers}
 */
export async function buildTreeWithWorkers(
  source: readonly Claim[] | Uint8Array,
  options: MerkleTreeOptions & TreeWorkersOptions = {},
): Promise<MerkleTree> {
  const workers = new TreeWorkers(options);
  try {
    return await workers.build(source, options);
  } finally {
    await workers.close();
  }
}

interface SubtreeJobs {
  readonly leafCount: number;
  readonly job: Pick<SubtreeJob, 'oddNode' | 'areLeavesHashed'>;
  /** Writes a run of leaves into memory; gives the memory, which may have grown. */
  load(memory: SubtreeMemory, from: number, to: number): SubtreeMemory;
}

function emptyMemory(): SubtreeMemory {
  return {
    bytes: new Uint8Array(SUBTREE_LEAVES * HASH_BYTES),
    ends: new Uint32Array(SUBTREE_LEAVES),
    levels: new Uint8Array(SUBTREE_BYTES),
  };
}

function leafJobs(leaves: Uint8Array, oddNode: OddNode): SubtreeJobs {
  return {
    leafCount: countLeaves(leaves),
    job: { oddNode, areLeavesHashed: true },
    load(memory, from, to) {
      memory.bytes.set(leaves.subarray(from * HASH_BYTES, to * HASH_BYTES));
      return memory;
    },
  };
}

function claimJobs(plan: LeafPlan, oddNode: OddNode): SubtreeJobs {
  if (plan.leafCount === 0) throw emptyTree();
  const buffer = new MessageBuffer(0);
  return {
    leafCount: plan.leafCount,
    job: { oddNode, areLeavesHashed: false },
    load(memory, from, to) {
      buffer.reuse(memory.bytes, memory.ends);
      plan.write(buffer, from, to);
      return { ...memory, bytes: buffer.bytes };
    },
  };
}

function placeSubtree(levels: readonly Uint8Array[], from: number, to: number, bytes: Uint8Array): void {
  for (const [level, nodes] of subtreeLevels(bytes, to - from).entries()) {
    (levels[level] as Uint8Array).set(nodes, (from / 2 ** level) * HASH_BYTES);
  }
}

function processorCount(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return Math.min(navigator?.hardwareConcurrency ?? 2, MAX_WORKERS);
}
