import { describe, expect, it } from '@jest/globals';
import type { SettlementRecord } from '../../../schemas/records.ts';
import { FeeLedger } from './fee-ledger.ts';

const DAY_ONE = Date.UTC(2026, 10, 28, 23, 59);

const row = (over: Partial<SettlementRecord>): SettlementRecord => ({
  ...{ channel: 'lacy', epoch: 9n, root: 'aa', status: 'FINALIZED', attempt: 1, signature: 'one', slot: 5 },
  ...{ lastValidBlockHeight: 1, feeLamports: 10n, computeUnits: 1, reason: null, rootPartition: 0, rootOffset: 0 },
  ...{ at: DAY_ONE, worker: 'w', ...over },
});

function ledgerOf(...rows: Partial<SettlementRecord>[]): FeeLedger {
  const ledger = new FeeLedger();
  for (const over of rows) ledger.note(row(over));
  return ledger;
}

describe('the ledger of fees', () => {
  it('counts the fee of a transaction once a day, and divides it among its roots without losing a lamport', () => {
    const ledger = ledgerOf({}, { epoch: 10n, root: 'bb' }, { channel: 'kai', root: 'cc' }, { at: DAY_ONE + 60_000 });
    expect(ledger.byDay()).toEqual([{ day: '2026-11-28', transactions: 1, failed: 0, unknown: 0, feeLamports: 10n }]);
    const shares = ledger.byRoot();
    expect(shares.map(({ channel, epoch, feeLamports }) => [channel, epoch, feeLamports])).toEqual([
      ['kai', 9n, 3n],
      ['lacy', 9n, 4n],
      ['lacy', 10n, 3n],
    ]);
  });

  it('has what failed on chain, and nothing of what expired or was only sent', () => {
    const ledger = ledgerOf(
      { status: 'PENDING', signature: 'sent', feeLamports: null, slot: null },
      { status: 'FAILED', signature: 'expired', slot: null, feeLamports: null },
      { status: 'FAILED', signature: 'refused', feeLamports: 7n },
      { at: DAY_ONE + 120_000 },
    );
    expect(ledger.byDay().map(({ day, failed, feeLamports }) => [day, failed, feeLamports])).toEqual([
      ['2026-11-28', 1, 7n],
      ['2026-11-29', 0, 10n],
    ]);
    expect(ledger.byRoot()).toMatchObject([{ transactions: 2, feeLamports: 17n }]);
  });

  it('says of how many transactions nobody knows the fee', () => {
    expect(ledgerOf({ feeLamports: null }).byDay()).toMatchObject([{ transactions: 1, unknown: 1, feeLamports: 0n }]);
  });
});
