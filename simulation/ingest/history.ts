/** A seeded history of a chain: slots, forks that are given up before finality, and the program's transactions in them. */

import { base58Encode, encodeInstruction, normalizeChannel, PROGRAM_ID } from '@attention-oracle/sdk';
import type { SeededRandom } from '../random.ts';
import type { SlotTimes } from './slot-times.ts';

export const FINALITY_SLOTS = 12;
const FIRST_BLOCK_TIME = 1_760_000_000;

/** A transaction's stay in a block. */
export interface Landing {
  readonly slot: number;
  /** Slot of the clock at which its fork was given up; Infinity for the landing that stays. */
  readonly abandonedAtSlot: number;
}

export interface HistoryTransaction {
  readonly signature: string;
  readonly landings: readonly Landing[];
  /** Slot in which it is final; undefined when it never is. */
  readonly finalSlot: number | undefined;
  readonly failed: boolean;
  /** Event ids that it gives; none for one that only names the program, or that cannot be decoded. */
  readonly eventIds: readonly string[];
  readonly channel: string | undefined;
  readonly malformed: boolean;
  /** One of many that failed and cost nothing. */
  readonly spam: boolean;
  /** Position within its slot. */
  readonly order: number;
}

export interface History {
  readonly transactions: readonly HistoryTransaction[];
  readonly lastSlot: number;
  /** Highest slot that is final when the chain has come to a tip. */
  finalizedSlot(tip: number): number;
  /** Last slot that TowerBFT settles; Infinity: all. */
  readonly alpenglowGenesisSlot: number;
  readonly times: SlotTimes;
  isSkipped(slot: number): boolean;
  blockTime(slot: number): number;
  /** The getTransaction answer for a landing. */
  answer(transaction: HistoryTransaction, slot: number): unknown;
}

export interface HistoryShape {
  readonly slots: number;
  readonly transactionsPerSlot: number;
  readonly abandonedShare: number;
  readonly relandShare: number;
  readonly skippedShare: number;
  /** Last slot that TowerBFT settles: 0: none, Infinity: all. */
  readonly alpenglowGenesisSlot: number;
  readonly times: SlotTimes;
  /** Failed transactions without a fee, a minute. */
  readonly spamPerMinute: number;
}

export function makeHistory(random: SeededRandom, shape: HistoryShape): History {
  const skipped = new Set<number>();
  const transactions: HistoryTransaction[] = [];
  const bodies = new Map<string, { readonly message: unknown; readonly inner: unknown }>();
  for (let slot = 1; slot <= shape.slots; slot += 1) {
    if (random.chance(shape.skippedShare)) {
      skipped.add(slot);
      continue;
    }
    const isOnFork = random.chance(shape.abandonedShare);
    const abandonedAtSlot = slot + random.between(3, FINALITY_SLOTS - 1);
    // What Alpenglow has settled stays, and so does what TowerBFT had not given up when the cluster went over.
    const abandoned = isOnFork && abandonedAtSlot <= shape.alpenglowGenesisSlot;
    let count = Math.floor(shape.transactionsPerSlot);
    if (random.chance(shape.transactionsPerSlot - count)) count += 1;
    if (random.chance(0.02)) count += random.between(3, 12);
    for (let order = 0; order < count; order += 1) {
      const made = makeTransaction(random, slot, order);
      bodies.set(made.transaction.signature, made.body);
      if (!abandoned) {
        transactions.push(made.transaction);
        continue;
      }
      const first = { slot, abandonedAtSlot };
      const again = { slot: abandonedAtSlot + random.between(0, 4), abandonedAtSlot: Number.POSITIVE_INFINITY };
      const relands = random.chance(shape.relandShare) && again.slot <= shape.slots;
      transactions.push({
        ...made.transaction,
        landings: relands ? [first, again] : [first],
        finalSlot: relands ? again.slot : undefined,
      });
      if (relands) skipped.delete(again.slot);
    }
    if (!abandoned) transactions.push(...spamOf(shape, slot, count));
    if (abandoned && !transactions.some(({ finalSlot }) => finalSlot === slot)) skipped.add(slot);
  }
  for (const { finalSlot } of transactions) if (finalSlot !== undefined) skipped.delete(finalSlot);
  const blockTime = (slot: number): number => FIRST_BLOCK_TIME + Math.floor(shape.times.startMs(slot) / 1000);
  return {
    transactions,
    lastSlot: shape.slots,
    alpenglowGenesisSlot: shape.alpenglowGenesisSlot,
    times: shape.times,
    finalizedSlot: (tip) => tip - (tip > shape.alpenglowGenesisSlot ? 1 : FINALITY_SLOTS),
    isSkipped: (slot) => skipped.has(slot),
    blockTime,
    answer: (transaction, slot) => {
      const body = bodies.get(transaction.signature);
      if (transaction.malformed)
        return {
          ...{ slot, blockTime: blockTime(slot), meta: { err: null, fee: 5000 } },
          transaction: {
            signatures: [transaction.signature],
            message: { accountKeys: [PROGRAM_ID], instructions: 'x' },
          },
        };
      return {
        slot,
        blockTime: blockTime(slot),
        version: 0,
        meta: {
          err: transaction.failed ? { InstructionError: [0, { Custom: 6006 }] } : null,
          fee: 5000,
          computeUnitsConsumed: 54_321,
          innerInstructions: body?.inner ?? [],
          loadedAddresses: { writable: [], readonly: [] },
        },
        transaction: { signatures: [transaction.signature], message: body?.message ?? SPAM_MESSAGE },
      };
    },
  };
}

/** What calls the program and has nothing to pay with. */
const SPAM_MESSAGE = {
  accountKeys: [PROGRAM_ID],
  header: { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 1 },
  instructions: [],
};

function spamOf({ times, spamPerMinute }: HistoryShape, slot: number, firstOrder: number): HistoryTransaction[] {
  const until = (at: number): number => Math.floor((times.startMs(at) * spamPerMinute) / 60_000);
  return Array.from({ length: until(slot + 1) - until(slot) }, (_, number) => ({
    signature: `spam-${slot}-${number}`,
    landings: [{ slot, abandonedAtSlot: Number.POSITIVE_INFINITY }],
    finalSlot: slot,
    failed: true,
    eventIds: [],
    channel: undefined,
    malformed: false,
    spam: true,
    order: firstOrder + number,
  }));
}

function makeTransaction(
  random: SeededRandom,
  slot: number,
  order: number,
): { transaction: HistoryTransaction; body: { message: unknown; inner: unknown } } {
  const signature = base58Encode(random.bytes(64));
  const channelAsSeen = random.pick(['lofi', 'Speedrun', 'chess', 'cooking']);
  const namesOnly = random.chance(0.03);
  const malformed = random.chance(0.01);
  const inner = random.chance(0.2);
  const claims = namesOnly ? 0 : random.between(1, 2);
  const keys = [
    base58Encode(random.bytes(32)),
    base58Encode(random.bytes(32)),
    PROGRAM_ID,
    base58Encode(random.bytes(32)),
  ];
  const claim = (index: number): unknown => ({
    programIdIndex: 2,
    accounts: [0, 1],
    data: base58Encode(
      encodeInstruction('claim_channel_open', {
        channel: channelAsSeen,
        epoch: 1n,
        index,
        amount: BigInt(random.between(1, 1_000_000)),
        id: `${signature.slice(0, 8)}-${index}`,
        proof: [],
      }),
    ),
  });
  const other = { programIdIndex: 3, accounts: [0], data: '' };
  const calls = Array.from({ length: claims }, (_, index) => claim(index));
  const eventIds = malformed
    ? []
    : calls.map((_, index) => (inner ? `${signature}/0.${index}` : `${signature}/${index}`));
  return {
    transaction: {
      signature,
      landings: [{ slot, abandonedAtSlot: Number.POSITIVE_INFINITY }],
      finalSlot: slot,
      failed: random.chance(0.1),
      eventIds,
      channel: namesOnly ? undefined : normalizeChannel(channelAsSeen),
      malformed,
      spam: false,
      order,
    },
    body: {
      message: {
        accountKeys: keys,
        header: { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 2 },
        instructions: inner || namesOnly ? [other] : calls,
      },
      inner: inner ? [{ index: 0, instructions: calls }] : [],
    },
  };
}
