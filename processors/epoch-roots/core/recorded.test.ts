import { readFileSync } from 'node:fs';
import { decodeTransaction } from '@attention-oracle/sdk';
import { describe, expect, it } from '@jest/globals';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { base58 } from '@scure/base';
import type { StreamEvent } from '../../../schemas/records.ts';
import { claimEvent, mark, RULES, type WholeInput } from '../testing/records.ts';
import { PartitionState } from './partition-state.ts';
import { Progress } from './progress.ts';

interface Instruction {
  readonly programIdIndex: number;
  readonly data: string;
}
interface Transaction {
  readonly slot: number;
  readonly blockTime: number;
  readonly meta: {
    readonly err: unknown;
    readonly loadedAddresses?: { readonly writable: string[]; readonly readonly: string[] };
    readonly innerInstructions: readonly { readonly index: number; readonly instructions: readonly Instruction[] }[];
  };
  readonly transaction: {
    readonly signatures: readonly string[];
    readonly message: {
      readonly accountKeys: readonly string[];
      readonly instructions: readonly (Instruction & { readonly accounts: readonly number[] })[];
    };
  };
}

const PROGRAM = 'GnGzNdsQMxMpJfMeqnkGPsvHm8kwaDidiKjNU2dCVZop';
const recorded = readFileSync(new URL('../../../sdk/fixtures/recorded/transactions.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { json: Transaction }).json);
const FIRST_SLOT = Math.min(...recorded.map(({ slot }) => slot));
const LAST_SLOT = Math.max(...recorded.map(({ slot }) => slot));
const END = Math.ceil((LAST_SLOT + 1) / 10) * 10 + 20;

/** Channel, epoch, root and count, from the file and nothing of the platform: own decoding, order and tree. */
function naiveRoots(): string[] {
  interface Found {
    readonly order: readonly [number, string, number, number];
    readonly claimer: Buffer;
    readonly amount: Buffer;
    readonly id: Buffer;
  }
  const groups = new Map<string, Found[]>();
  for (const { slot, meta, transaction } of recorded) {
    if (meta.err !== null) continue;
    const keys = [
      ...transaction.message.accountKeys,
      ...(meta.loadedAddresses?.writable ?? []),
      ...(meta.loadedAddresses?.readonly ?? []),
    ];
    const signature = Buffer.from(base58.decode(transaction.signatures[0] ?? '')).toString('hex');
    const all = transaction.message.instructions.flatMap((top, outer) => [
      { instruction: top, outer, inner: -1 },
      ...(meta.innerInstructions.find(({ index }) => index === outer)?.instructions ?? []).map(
        (instruction, inner) => ({ instruction: instruction as typeof top, outer, inner }),
      ),
    ]);
    for (const { instruction, outer, inner } of all) {
      if (keys[instruction.programIdIndex] !== PROGRAM) continue;
      const data = Buffer.from(base58.decode(instruction.data));
      if (!['dfabbb29a7470fb8', '8a8ad973c55cb29d'].includes(data.subarray(0, 8).toString('hex'))) continue;
      let at = 8;
      const text = (): Buffer => {
        const length = data.readUInt32LE(at);
        at += 4 + length;
        return data.subarray(at - length, at);
      };
      const channel = text()
        .toString('utf8')
        .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
      const amount = data.subarray(at + 12, at + 20);
      at += 20;
      const key = `${channel} ${Math.floor(slot / 10)}`;
      const claimer = Buffer.from(base58.decode(keys[instruction.accounts[0] as number] ?? ''));
      groups.set(key, [
        ...(groups.get(key) ?? []),
        { order: [slot, signature, outer, inner], claimer, amount, id: text() },
      ]);
    }
  }
  return [...groups].map(([key, found]) => {
    const claims = found.sort(
      ({ order: a }, { order: b }) =>
        a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0) || a[2] - b[2] || a[3] - b[3],
    );
    const leaves = claims.map(({ claimer, amount, id }, index) => {
      const position = Buffer.alloc(4);
      position.writeUInt32LE(index);
      return Buffer.from(keccak_256(Buffer.concat([claimer, position, amount, id])));
    });
    return `${key} ${naiveRoot(leaves)} ${leaves.length}`;
  });
}

function naiveRoot(level: readonly Buffer[]): string {
  if (level.length === 1) return (level[0] as Buffer).toString('hex');
  const next: Buffer[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const left = level[i] as Buffer;
    const pair = [left, level[i + 1] ?? left].sort((a, b) => Buffer.compare(a, b));
    next.push(Buffer.from(keccak_256(Buffer.concat(pair))));
  }
  return naiveRoot(next);
}

function eventsOf(source: string, commitment: StreamEvent['commitment']): WholeInput[] {
  return recorded.flatMap((transaction) => {
    const { slot, signature, succeeded, events } = decodeTransaction(transaction);
    return events.map(({ eventId, action, name, args, channel, channelAsSeen, claimer, protocolState }): WholeInput => {
      const base = claimEvent({ tx: 0, slot, source });
      const { amount = null, id = null } = args as { amount?: bigint; id?: string };
      const data = { ...base.instruction.data, claimer, amount, id };
      const instruction = { ...base.instruction, action, name, data };
      return {
        name: 'StreamEvent',
        value: {
          ...base,
          eventId,
          signature,
          succeeded,
          commitment,
          channel,
          channelAsSeen,
          protocolState,
          instruction,
        },
      };
    });
  });
}

function rootsOf(log: readonly WholeInput[]): string[] {
  const state = new PartitionState(RULES, 0, { offset: 0, progress: Progress.start });
  return log
    .flatMap((input, offset) => state.apply(offset, input))
    .map((output) =>
      output.kind === 'root'
        ? `${output.root.channel} ${output.root.epoch} ${output.root.root} ${output.root.count}`
        : output.kind,
    );
}

describe('the recorded transactions', () => {
  const expected = naiveRoots().sort();
  const bySlot = (inputs: readonly WholeInput[]): Map<number, WholeInput[]> =>
    Map.groupBy(inputs, ({ value }) => value.slot);

  it('give the roots of an independent computation over the file', () => {
    expect(expected.length).toBeGreaterThan(10);
    expect(expected.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(186);
    const log = [...eventsOf('a', 'finalized'), mark({ from: 0, to: END })];
    expect(rootsOf(log).sort()).toEqual(expected);
  });

  it('give them through two listeners that prove them slot by slot, one live and one late, newest first', () => {
    const live = bySlot(eventsOf('a', 'confirmed'));
    const late = bySlot(eventsOf('b', 'finalized').reverse());
    const log: WholeInput[] = [mark({ from: 0, to: FIRST_SLOT - 1 })];
    for (let slot = FIRST_SLOT; slot <= END; slot += 1) {
      log.push(...(live.get(slot) ?? []).reverse(), mark({ from: slot, to: slot }));
      log.push(...(late.get(slot - 3) ?? []));
      if (slot % 5 === 0) log.push(mark({ from: slot - 8, to: slot - 4, source: 'b' }));
    }
    expect(rootsOf(log).sort()).toEqual(expected);
  });
});
