import { HASH_BYTES } from '../../bytes.ts';
import { AttentionOracleError } from '../../errors.ts';
import { activeKernel } from '../../keccak/active-kernel.ts';
import type { Claim } from '../leaves.ts';
import { hashLevels, layOutLevels, levelSizes, levelsByteLength, type OddNode } from '../levels.ts';
import { MessageBuffer } from '../message-buffer.ts';
import { type LeafPlan, planLeaves } from '../recipes.ts';
import { allocateForWorkers, isShared } from '../shared-memory.ts';
import { countLeaves, emptyTree, HashedLevels, knownOddNode, MerkleTree, type MerkleTreeOptions } from '../tree.ts';
import { SUBTREE_HEIGHT, SUBTREE_LEAVES, type SubtreeInput, type SubtreeJob, subtreeSizes } from './subtree.ts';
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
/** A start; memory grows when a run of claims needs more. */
const TYPICAL_INPUT_BYTES = 96;

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
  private readonly spareInputs: SubtreeInput[] = [];
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
   * trees are made on the spot; the levels of larger ones lie in a SharedArrayBuffer where the host has it.
   * @throws AttentionOracleError as those two, and WORKER_FAILED.
   */
  async build(source: readonly Claim[] | Uint8Array, options: MerkleTreeOptions = {}): Promise<MerkleTree> {
    const oddNode = knownOddNode(options.oddNode);
    const jobs =
      source instanceof Uint8Array ? leafJobs(source, oddNode) : claimJobs(planLeaves(source, options), oddNode);
    if (jobs.leafCount <= SUBTREE_LEAVES) {
      return source instanceof Uint8Array ? MerkleTree.fromLeaves(source, options) : new MerkleTree(source, options);
    }
    const sizes = levelSizes(jobs.leafCount);
    const levels = layOutLevels(allocateForWorkers(levelsByteLength(sizes)), sizes);
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
      let input = this.spareInputs.pop() ?? allocateInput();
      while (next < jobs.leafCount) {
        const from = next;
        const to = Math.min(from + SUBTREE_LEAVES, jobs.leafCount);
        next = to;
        try {
          input = jobs.load(input, from, to);
          const target = subtreeOf(levels, from, to);
          const job = { ...jobs.job, id: this.nextJobId++, leafCount: to - from, input, levels: target.forWorker() };
          const result = await worker.run(job);
          target.take(result.levels);
          input = result.input;
        } catch (error) {
          // A tree with a bad claim will not be finished: leave the rest of its jobs undone.
          next = jobs.leafCount;
          throw error;
        }
      }
      if (this.spareInputs.length < JOBS_IN_FLIGHT_PER_WORKER * this.workers.length) this.spareInputs.push(input);
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
  load(input: SubtreeInput, from: number, to: number): SubtreeInput;
}

function allocateInput(): SubtreeInput {
  return {
    bytes: new Uint8Array(allocateForWorkers(SUBTREE_LEAVES * TYPICAL_INPUT_BYTES)),
    ends: new Uint32Array(allocateForWorkers(SUBTREE_LEAVES * Uint32Array.BYTES_PER_ELEMENT)),
  };
}

function leafJobs(leaves: Uint8Array, oddNode: OddNode): SubtreeJobs {
  return {
    leafCount: countLeaves(leaves),
    job: { oddNode, areLeavesHashed: true },
    load(input, from, to) {
      input.bytes.set(leaves.subarray(from * HASH_BYTES, to * HASH_BYTES));
      return input;
    },
  };
}

function claimJobs(plan: LeafPlan, oddNode: OddNode): SubtreeJobs {
  if (plan.leafCount === 0) throw emptyTree();
  return {
    leafCount: plan.leafCount,
    job: { oddNode, areLeavesHashed: false },
    load(input, from, to) {
      const buffer = new MessageBuffer(input.bytes, input.ends);
      plan.write(buffer, from, to);
      return { bytes: buffer.bytes, ends: buffer.ends };
    },
  };
}

/** Where a subtree's levels go: the tree's own memory when workers share it, else memory that travels and is copied. */
function subtreeOf(levels: readonly Uint8Array[], from: number, to: number) {
  const sizes = subtreeSizes(to - from);
  const places = sizes.map((size, level) => {
    const start = (from / 2 ** level) * HASH_BYTES;
    return (levels[level] as Uint8Array).subarray(start, start + size * HASH_BYTES);
  });
  const isInPlace = isShared((levels[0] as Uint8Array).buffer);
  return {
    forWorker: () => (isInPlace ? places : layOutLevels(new ArrayBuffer(levelsByteLength(sizes)), sizes)),
    take(filled: readonly Uint8Array[]): void {
      if (!isInPlace) for (const [level, nodes] of filled.entries()) (places[level] as Uint8Array).set(nodes);
    },
  };
}

function processorCount(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return Math.min(navigator?.hardwareConcurrency ?? 2, MAX_WORKERS);
}
