/** Transactions for the fixture server: the recorded ones, and made-up ones. */

import { readFileSync } from 'node:fs';
import { makeHistory } from '../../../simulation/ingest/history.ts';
import { steadySlots } from '../../../simulation/ingest/slot-times.ts';
import { SeededRandom } from '../../../simulation/random.ts';
import type { FixtureTransaction } from './fixture-rpc.ts';

interface RecordedLine {
  readonly signatureInfo: {
    readonly signature: string;
    readonly slot: number;
    readonly blockTime: number;
    readonly err: unknown;
  };
  readonly json: unknown;
}

/** The recorded story, oldest first. */
export function recordedTransactions(): FixtureTransaction[] {
  const path = new URL('../../../sdk/fixtures/recorded/transactions.ndjson', import.meta.url);
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const { signatureInfo, json } = JSON.parse(line) as RecordedLine;
    const { signature, slot, blockTime, err } = signatureInfo;
    return { signature, slot, blockTime, failed: err !== null, answer: json };
  });
}

/** Made-up transactions with claims, `perSlot` to a slot, from slot 1 on. */
export function madeUpTransactions(count: number, perSlot: number): FixtureTransaction[] {
  const history = makeHistory(new SeededRandom(count), {
    slots: Math.ceil(count / perSlot) * 2,
    transactionsPerSlot: perSlot,
    abandonedShare: 0,
    relandShare: 0,
    skippedShare: 0,
    times: steadySlots(),
    spamPerMinute: 0,
    alpenglowGenesisSlot: Number.POSITIVE_INFINITY,
  });
  return history.transactions
    .filter(({ malformed }) => !malformed)
    .slice(0, count)
    .map((transaction) => {
      const slot = transaction.finalSlot ?? 0;
      return {
        signature: transaction.signature,
        slot,
        blockTime: history.blockTime(slot),
        failed: transaction.failed,
        answer: history.answer(transaction, slot),
      };
    });
}
