import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { until } from '../../tests/testing/until.ts';
import { rootHex, SettlementRig } from './testing/settlement-rig.ts';

describe('decisions on the topic', () => {
  let rig: SettlementRig;

  beforeAll(async () => {
    rig = await SettlementRig.start();
  });
  afterEach(() => rig.calm());
  afterAll(() => rig.stop());

  it('hold and let go without a restart, also those from before the start, and stand in the ledger with who and why', async () => {
    await rig.decide({ action: 'HOLD', channel: 'lacy', who: 'ada', why: 'claims look made up' });
    await rig.emitRoots({ channel: 'lacy', epoch: 1n }, { channel: 'marlon', epoch: 1n });
    await rig.startWorker({ SETTLEMENT_PERSONS: '2' });
    const [held] = await rig.rowsUntil('lacy', 1n, 'HELD');
    expect(held?.reason).toContain('ada');
    expect(held?.reason).toContain('claims look made up');
    await rig.rowsUntil('marlon', 1n, 'FINALIZED');
    expect(rig.rows('lacy', 1n).map(({ status }) => status)).toEqual(['HELD']);

    await rig.decide({ action: 'RELEASE', channel: 'lacy', who: 'ada' });
    await rig.decide({ action: 'RELEASE', channel: 'lacy', who: 'grace' });
    const rows = await rig.rowsUntil('lacy', 1n, 'FINALIZED');
    expect(rows.map(({ status }) => status)).toEqual(['HELD', 'HELD', 'PENDING', 'CONFIRMED', 'FINALIZED']);
    expect(rows[1]?.reason).toMatch(/^LET_GO_BY_PERSON: released by ada .* and grace/);
    expect(rig.rootOnChain('lacy', 1n)).toBe(rootHex('lacy', 1n));
  });
});

describe('a root on chain that nobody of this deployment published', () => {
  let rig: SettlementRig;

  beforeAll(async () => {
    rig = await SettlementRig.start();
  });
  afterAll(() => rig.stop());

  it('is told with who signed it', async () => {
    const told: Record<string, unknown>[] = [];
    const write = (line: string): void => void told.push(JSON.parse(line) as Record<string, unknown>);
    await rig.startWorker({}, pino({ level: 'error' }, { write }));
    await rig.emitRoots({ channel: 'lacy', epoch: 1n });
    await rig.rowsUntil('lacy', 1n, 'FINALIZED');
    await rig.publishByHand({ channel: 'lacy', epoch: 2n, root: 'cd'.repeat(32) });
    const alarm = await until('the alarm', () => told.find(({ kind }) => kind === 'foreign'));
    expect(alarm).toMatchObject({
      ...{ channel: 'lacy', epoch: '2', root: 'cd'.repeat(32), signer: rig.publisher.publicKey.toBase58() },
      msg: 'a root is on chain that this deployment did not publish',
    });
  });
});
