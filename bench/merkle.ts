import { randomBytes } from 'node:crypto';
import { type Claim, keccakKernel, MerkleTree, TreeWorkers, useKeccakKernel } from '@attention-oracle/sdk';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { SimpleMerkleTree } from '@openzeppelin/merkle-tree';
import { createKeccak } from 'hash-wasm';
import { MerkleTree as MerkleTreeJs } from 'merkletreejs';
import { median, retainedBytes, timeSideBySide } from './measure/rounds.ts';

const LEAVES = 100_000;
const MANY_CLAIMS = 1_000_000;
const ROUNDS = 15;
const LARGE_ROUNDS = 7;
// A tree of OpenZeppelin's takes seconds.
const SLOW_ROUNDS = 3;
const NODE_BYTES = 32;

/**
 * Trees against their peers: medians, side by side, on this machine. `ratios` say how many times faster the SDK is;
 * peers are given the ready leaves, as is the SDK except where a name says claims.
 */
export async function run(): Promise<object> {
  const leaves = new Uint8Array(randomBytes(LEAVES * NODE_BYTES));
  const claims = makeClaims(LEAVES);
  const fast = await compareFast(leaves, claims);
  const slow = await compareOpenZeppelin(leaves, claims);
  const large = await compareWorkers(makeClaims(MANY_CLAIMS));
  const hashes = innerNodeCount(leaves);
  return {
    ratios: {
      merkletreejs: fast.merkletreejs / fast.sdk,
      openzeppelin: slow.openzeppelin / slow.sdk,
      hashWasmLoop: fast.hashWasmLoop / fast.sdk,
      twoWorkers: large.oneThread / large.twoWorkers,
    },
    ratiosFromClaims: {
      merkletreejs: fast.merkletreejs / fast.sdkFromClaims,
      openzeppelin: slow.openzeppelin / slow.sdkFromClaims,
    },
    medianMs: { ...fast, openzeppelin: slow.openzeppelin, ...large },
    hashesPerSecond: { sdk: (hashes / fast.sdk) * 1000, hashWasmLoop: (hashes / fast.hashWasmLoop) * 1000 },
    ...(await measureLargeTree()),
    kernel: keccakKernel(),
    sizes: { leaves: LEAVES, manyClaims: MANY_CLAIMS },
  };
}

function makeClaims(count: number): Claim[] {
  return Array.from({ length: count }, (_, index) => ({
    claimer: new Uint8Array(randomBytes(NODE_BYTES)),
    amount: BigInt(index) * 1_000_000_007n,
    id: `twitch:some_channel:user${index}`,
  }));
}

/** Root and all levels of the same leaves, with the same rules, and as many hashes one by one. */
async function compareFast(leaves: Uint8Array, claims: readonly Claim[]) {
  const list = Array.from({ length: LEAVES }, (_, i) =>
    Buffer.from(leaves.subarray(i * NODE_BYTES, (i + 1) * NODE_BYTES)),
  );
  const hashNode = (data: Buffer): Buffer => Buffer.from(keccak_256(data));
  const peerTree = () => new MerkleTreeJs(list, hashNode, { sortPairs: true, duplicateOdd: true });
  expectSame(peerTree().getRoot().toString('hex'), MerkleTree.fromLeaves(leaves).rootHex());

  const hasher = await createKeccak(256);
  const hashes = innerNodeCount(leaves);
  const hashOneByOne = (): void => {
    for (let i = 0; i < hashes; i++) {
      const at = (i * 2 * NODE_BYTES) % leaves.length;
      hasher.init();
      hasher.update(leaves.subarray(at, at + 2 * NODE_BYTES));
      hasher.digest('binary');
    }
  };
  return timeSideBySide(ROUNDS, {
    sdk: () => MerkleTree.fromLeaves(leaves),
    sdkFromClaims: () => new MerkleTree(claims),
    hashWasmLoop: hashOneByOne,
    merkletreejs: () => peerTree().getRoot(),
    sdkWithoutWasm: () => withoutWasm(() => MerkleTree.fromLeaves(leaves)),
  });
}

function innerNodeCount(leaves: Uint8Array): number {
  const [, ...inner] = MerkleTree.fromLeaves(leaves).levels;
  return inner.reduce((sum, level) => sum + level.length / NODE_BYTES, 0);
}

async function compareOpenZeppelin(leaves: Uint8Array, claims: readonly Claim[]) {
  const list = Array.from({ length: LEAVES }, (_, i) => leaves.subarray(i * NODE_BYTES, (i + 1) * NODE_BYTES));
  // Without sorting, which the rules of this program exclude and which would only slow it down.
  return timeSideBySide(SLOW_ROUNDS, {
    sdk: () => MerkleTree.fromLeaves(leaves),
    sdkFromClaims: () => new MerkleTree(claims),
    openzeppelin: () => SimpleMerkleTree.of(list, { sortLeaves: false }).root,
  });
}

async function compareWorkers(claims: readonly Claim[]) {
  const workers = new TreeWorkers({ workers: 2 });
  try {
    expectSame((await workers.build(claims)).rootHex(), new MerkleTree(claims).rootHex());
    return await timeSideBySide(LARGE_ROUNDS, {
      oneThread: () => new MerkleTree(claims),
      twoWorkers: () => workers.build(claims),
    });
  } finally {
    await workers.close();
  }
}

/** What a stored tree of many leaves costs: memory a leaf, time a proof. */
async function measureLargeTree() {
  const leaves = new Uint8Array(MANY_CLAIMS * NODE_BYTES);
  const bytes = await retainedBytes(() => MerkleTree.fromLeaves(leaves));
  const stored = MerkleTree.fromLevels(MerkleTree.fromLeaves(leaves).levels);
  const proofs = 1_000;
  const batchesMs = Array.from({ length: 51 }, (_, batch) => {
    const startMs = performance.now();
    for (let i = 0; i < proofs; i++) stored.proof((batch * proofs + i * 7_919) % MANY_CLAIMS);
    return performance.now() - startMs;
  });
  return { bytesPerClaim: bytes / MANY_CLAIMS, proofMicroseconds: (median(batchesMs) / proofs) * 1000 };
}

function withoutWasm(action: () => unknown): unknown {
  useKeccakKernel('javascript');
  try {
    return action();
  } finally {
    useKeccakKernel('wasm-simd');
  }
}

function expectSame(root: string, expected: string): void {
  if (root !== expected) throw new Error(`the trees compared differ: ${root} and ${expected}`);
}
