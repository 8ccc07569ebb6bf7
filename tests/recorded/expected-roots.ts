/**
 * The roots of a recorded history, computed a second time: from what a node answered, by the rules of the program alone. Nothing
 * of the SDK, the runtime or a role is used here, so that the platform is never measured by itself.
 */

import { readFileSync } from 'node:fs';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { base58 } from '@scure/base';

/** A transaction as getTransaction answers it with encoding json. */
export interface NodeTransaction {
  readonly slot: number;
  readonly meta: {
    readonly err: unknown;
    readonly innerInstructions?:
      | readonly { readonly index: number; readonly instructions: readonly NodeInstruction[] }[]
      | null;
    readonly loadedAddresses?: { readonly writable: readonly string[]; readonly readonly: readonly string[] } | null;
  };
  readonly transaction: {
    readonly signatures: readonly string[];
    readonly message: { readonly accountKeys: readonly string[]; readonly instructions: readonly NodeInstruction[] };
  };
}

export interface NodeInstruction {
  readonly programIdIndex: number;
  readonly accounts: readonly number[];
  /** base58 */
  readonly data: string;
}

export interface ExpectedClaim {
  /** `<signature>/<outer index>[.<inner index>]` */
  readonly eventId: string;
  readonly channel: string;
  readonly epoch: number;
  readonly slot: number;
  readonly signature: string;
  /** base58 */
  readonly claimer: string;
  readonly amount: bigint;
  readonly id: string;
}

export interface ExpectedRoot {
  readonly channel: string;
  readonly epoch: number;
  /** 64 lower-case hex digits */
  readonly root: string;
  readonly count: number;
  /** In the order of the tree. */
  readonly claims: readonly ExpectedClaim[];
}

const PROGRAM = 'GnGzNdsQMxMpJfMeqnkGPsvHm8kwaDidiKjNU2dCVZop';
/** claim_channel_open, claim_channel_open_with_receipt */
const CLAIMS = new Set(['dfabbb29a7470fb8', '8a8ad973c55cb29d']);

/** The transactions of a recording, oldest first. */
export function readRecording(file: string): NodeTransaction[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { json: NodeTransaction }).json);
}

/** The epoch arguments of the claims of a transaction that succeeded: the roots that were claimed from. */
export function claimedEpochs({ meta, transaction }: NodeTransaction): number[] {
  if (meta.err !== null) return [];
  return transaction.message.instructions.flatMap(({ data: text }) => {
    const data = Buffer.from(base58.decode(text));
    return CLAIMS.has(data.subarray(0, 8).toString('hex')) ? [Number(data.readBigUInt64LE(string(data, 8).end))] : [];
  });
}

/** Every claim that succeeded, top-level or called by another program, in canonical order within its channel and epoch. */
export function expectedClaims(
  transactions: readonly NodeTransaction[],
  epochDurationSlots: number,
  epochBase = 0,
): ExpectedClaim[] {
  const found: { claim: ExpectedClaim; signature: Uint8Array; outer: number; inner: number }[] = [];
  for (const { slot, meta, transaction } of transactions) {
    if (meta.err !== null) continue;
    const keys = [
      ...transaction.message.accountKeys,
      ...(meta.loadedAddresses?.writable ?? []),
      ...(meta.loadedAddresses?.readonly ?? []),
    ];
    const signature = transaction.signatures[0] ?? '';
    const take = (instruction: NodeInstruction, outer: number, inner: number): void => {
      if (keys[instruction.programIdIndex] !== PROGRAM) return;
      const data = Buffer.from(base58.decode(instruction.data));
      if (!CLAIMS.has(data.subarray(0, 8).toString('hex'))) return;
      const channelBytes = string(data, 8);
      const afterIndex = channelBytes.end + 8 + 4;
      const claim: ExpectedClaim = {
        eventId: `${signature}/${outer}${inner < 0 ? '' : `.${inner}`}`,
        channel: channelBytes.text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
        epoch: epochBase + Math.floor(slot / epochDurationSlots),
        slot,
        signature,
        claimer: keys[instruction.accounts[0] ?? -1] ?? '',
        amount: data.readBigUInt64LE(afterIndex),
        id: string(data, afterIndex + 8).text,
      };
      found.push({ claim, signature: base58.decode(signature), outer, inner });
    };
    for (const [outer, instruction] of transaction.message.instructions.entries()) take(instruction, outer, -1);
    for (const { index, instructions } of meta.innerInstructions ?? []) {
      for (const [inner, instruction] of instructions.entries()) take(instruction, index, inner);
    }
  }
  found.sort(
    (a, b) =>
      a.claim.slot - b.claim.slot || Buffer.compare(a.signature, b.signature) || a.outer - b.outer || a.inner - b.inner,
  );
  return found.map(({ claim }) => claim);
}

/** The root of each channel and epoch that has claims, ordered by epoch and channel. */
export function expectedRoots(
  transactions: readonly NodeTransaction[],
  epochDurationSlots: number,
  epochBase = 0,
): ExpectedRoot[] {
  const groups = new Map<string, ExpectedClaim[]>();
  for (const claim of expectedClaims(transactions, epochDurationSlots, epochBase)) {
    const key = `${claim.epoch} ${claim.channel}`;
    groups.set(key, [...(groups.get(key) ?? []), claim]);
  }
  return [...groups.values()]
    .map((claims) => ({
      channel: claims[0]?.channel ?? '',
      epoch: claims[0]?.epoch ?? 0,
      root: hex(merkleRoot(claims.map((claim, index) => leaf(claim, index)))),
      count: claims.length,
      claims,
    }))
    .sort((a, b) => a.epoch - b.epoch || (a.channel < b.channel ? -1 : 1));
}

/** keccak256(claimer ‖ index u32 LE ‖ amount u64 LE ‖ id) */
export function leaf(claim: Pick<ExpectedClaim, 'claimer' | 'amount' | 'id'>, index: number): Uint8Array {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32LE(index, 0);
  numbers.writeBigUInt64LE(claim.amount, 4);
  return keccak_256(Buffer.concat([base58.decode(claim.claimer), numbers, Buffer.from(claim.id, 'utf8')]));
}

/** Pairs sorted by bytes; the last node of an odd level is paired with itself. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  let level = [...leaves];
  while (level.length > 1) {
    level = Array.from({ length: Math.ceil(level.length / 2) }, (_, pair) => {
      const left = level[2 * pair] ?? new Uint8Array();
      return node(left, level[2 * pair + 1] ?? left);
    });
  }
  const [root] = level;
  if (root === undefined) throw new Error('no leaves, no root');
  return root;
}

/** The root that a leaf and its proof lead to. */
export function rootOfProof(leafHash: Uint8Array, siblings: readonly Uint8Array[]): string {
  return hex(siblings.reduce((hash, sibling) => node(hash, sibling), leafHash));
}

function node(a: Uint8Array, b: Uint8Array): Uint8Array {
  return keccak_256(Buffer.concat(Buffer.compare(a, b) <= 0 ? [a, b] : [b, a]));
}

/** A Borsh string: u32 length, UTF-8 bytes. */
function string(data: Buffer, at: number): { text: string; end: number } {
  const end = at + 4 + data.readUInt32LE(at);
  return { text: data.subarray(at + 4, end).toString('utf8'), end };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
