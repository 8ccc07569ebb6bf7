import type { SignatureRow } from '../ledger/record.ts';
import type { FaultPlan, HttpFault } from './fault-plan.ts';
import { seededFraction, seededInteger } from './seeded.ts';

/** How often each thing goes wrong: a probability for each occasion, and how far the back ends are behind. */
export type FaultRates = {
  http429: number;
  http5xx: number;
  httpReset: number;
  httpDelay: number;
  httpDelayMs: number;
  /** Lag of each back end behind the address, in slots; a request goes to one of them. */
  backendLagSlots: readonly number[];
  nullTransaction: number;
  missingRow: number;
  swappedRows: number;
  unknownUntil: number;
  droppedSend: number;
  errorButLanded: number;
  droppedNotification: number;
  closedSocket: number;
  stalledSocket: number;
  skippedSlot: number;
  rollback: number;
  rollbackMaxSlots: number;
  /** Probability that a transaction of an abandoned fork gets into the new one. */
  relanding: number;
};

export const DEFAULT_FAULT_RATES: FaultRates = {
  http429: 0.02,
  http5xx: 0.02,
  httpReset: 0.01,
  httpDelay: 0.01,
  httpDelayMs: 3_000,
  backendLagSlots: [0, 2, 9],
  nullTransaction: 0.05,
  missingRow: 0.01,
  swappedRows: 0.05,
  unknownUntil: 0.03,
  droppedSend: 0.03,
  errorButLanded: 0.03,
  droppedNotification: 0.02,
  closedSocket: 0.003,
  stalledSocket: 0.001,
  skippedSlot: 0.05,
  rollback: 0.01,
  rollbackMaxSlots: 6,
  relanding: 0.7,
};

/** Kinds of faults, as they are counted. */
export type FaultKind = Exclude<keyof FaultRates, 'httpDelayMs' | 'rollbackMaxSlots' | 'relanding'> | 'lostInRollback';

/** A plan that follows from a seed alone; `counts` says how often each kind has happened. */
export type SeededFaultPlan = FaultPlan & { readonly counts: Readonly<Record<FaultKind, number>> };

/** Answers to getTransaction that are null before the first real one, at most. */
const MAX_NULL_ANSWERS = 3;

/** The fault plan of a seed. Rates that are not given are the default ones. */
export function seededFaultPlan(seed: number, given: Partial<FaultRates> = {}): SeededFaultPlan {
  const rates = { ...DEFAULT_FAULT_RATES, ...given };
  const counts = new FaultCounts();
  const happens = (kind: FaultKind & keyof FaultRates, ...words: (string | number)[]) => {
    const rate = rates[kind];
    return typeof rate === 'number' && seededFraction(seed, kind, ...words) < rate && counts.add(kind);
  };
  return {
    counts: counts.byKind,
    http: ({ count }) => httpFault(seed, rates, count, happens),
    backendLagSlots({ count }) {
      const lag = rates.backendLagSlots[seededInteger(rates.backendLagSlots.length, seed, 'backend', count)] ?? 0;
      if (lag > 0) counts.add('backendLagSlots');
      return lag;
    },
    hidesTransaction(signature, attempt) {
      const nulls = 1 + seededInteger(MAX_NULL_ANSWERS, seed, 'nulls', signature);
      return attempt < nulls && happens('nullTransaction', signature);
    },
    signaturePage(rows, { address, attempt }) {
      const kept = rows.filter((row) => !happens('missingRow', address, attempt, row.id));
      return swapWithinSlots(kept, (row) => happens('swappedRows', address, attempt, row.id));
    },
    forgetsUntil: (until, attempt) => happens('unknownUntil', until, attempt),
    send(signature, attempt) {
      if (happens('droppedSend', signature, attempt)) return 'dropped';
      return happens('errorButLanded', signature, attempt) ? 'error-but-landed' : null;
    },
    notification({ connection, count }) {
      if (happens('closedSocket', connection, count)) return 'close';
      if (happens('stalledSocket', connection, count)) return 'stall';
      return happens('droppedNotification', connection, count) ? 'drop' : null;
    },
    slot(slot) {
      if (happens('rollback', slot)) {
        return { skip: false, rollbackSlots: 1 + seededInteger(rates.rollbackMaxSlots, seed, 'depth', slot) };
      }
      return { skip: happens('skippedSlot', slot), rollbackSlots: 0 };
    },
    relands(signature) {
      const lands = seededFraction(seed, 'relands', signature) < rates.relanding;
      if (!lands) counts.add('lostInRollback');
      return lands;
    },
  };
}

class FaultCounts {
  readonly byKind: Record<FaultKind, number> = {
    http429: 0,
    http5xx: 0,
    httpReset: 0,
    httpDelay: 0,
    backendLagSlots: 0,
    nullTransaction: 0,
    missingRow: 0,
    swappedRows: 0,
    unknownUntil: 0,
    droppedSend: 0,
    errorButLanded: 0,
    droppedNotification: 0,
    closedSocket: 0,
    stalledSocket: 0,
    skippedSlot: 0,
    rollback: 0,
    lostInRollback: 0,
  };

  add(kind: FaultKind): true {
    this.byKind[kind]++;
    return true;
  }
}

function httpFault(
  seed: number,
  rates: FaultRates,
  count: number,
  happens: (kind: 'http429' | 'http5xx' | 'httpReset' | 'httpDelay', ...words: number[]) => boolean,
): HttpFault | null {
  if (happens('http429', count)) {
    const withHeader = seededInteger(2, seed, 'retry-after', count) === 1;
    return { kind: 'status', status: 429, ...(withHeader ? { retryAfterSeconds: 1 } : {}) };
  }
  if (happens('http5xx', count)) {
    return { kind: 'status', status: [500, 502, 503, 504][seededInteger(4, seed, 'status', count)] ?? 503 };
  }
  if (happens('httpReset', count)) return { kind: 'reset' };
  return happens('httpDelay', count) ? { kind: 'delay', delayMs: rates.httpDelayMs } : null;
}

/** Rows of one slot have no promised order: neighbours of the same slot change places. */
function swapWithinSlots(rows: readonly SignatureRow[], swaps: (row: SignatureRow) => boolean): SignatureRow[] {
  const result = [...rows];
  for (let at = 1; at < result.length; at++) {
    const [before, row] = [result[at - 1], result[at]];
    if (before === undefined || row === undefined || before.slot !== row.slot || !swaps(row)) continue;
    result[at - 1] = row;
    result[at] = before;
  }
  return result;
}
