/** `ao settle status|approve|hold|release` on real topics. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectProducer } from '../../runtime/kafka/producer.ts';
import { Platform } from '../../tests/testing/platform.ts';

const ROOT = 'ab'.repeat(32);

let platform: Platform;

beforeAll(async () => {
  platform = await Platform.create({ ANCHOR_PROVIDER_URL: 'http://127.0.0.1:1' });
  const value = platform.codec.encode('RootFinalized', {
    ...{ channel: 'lacy', epoch: 903n, root: ROOT, count: 3, recipe: 'claim-v0', oddNode: 'duplicate' },
    ...{ startSlot: 0, endSlot: 9, finalizedSlot: 12, finalizedAt: 1_700_000_000_000 },
    ...{ sourcePartition: 0, sourceOffset: 0 },
  });
  const former = platform.codec.encode('SettlementRecord', {
    ...{ channel: 'lacy', epoch: 902n, root: 'cd'.repeat(32), status: 'FINALIZED', attempt: 1, signature: 'former' },
    ...{ lastValidBlockHeight: 9, slot: 5, feeLamports: 5_007n, computeUnits: 15_000, reason: null },
    ...{ rootPartition: 0, rootOffset: 0, at: Date.UTC(2026, 10, 28), worker: 'w' },
  });
  const producer = await connectProducer(platform.kafka);
  await producer.send([{ topic: platform.topics.settlements, key: 'lacy', value: former }]);
  await producer.send([{ topic: platform.topics.roots, key: 'lacy', value }]);
  await producer.disconnect();
});

afterAll(async () => {
  await platform?.stop();
});

async function decided(): Promise<unknown[]> {
  return (await platform.decoded(platform.topics.decisions)).map(({ value }) => value);
}

async function settle(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await platform.ao('settle', ...args);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

describe('ao settle', () => {
  it('approves the root that stands on the topic, with who and why, and refuses any other', async () => {
    const other = await platform.ao('settle', 'approve', 'lacy', '903', '--root', 'cd'.repeat(32), '--why', 'so');
    expect([other.status, other.stderr]).toEqual([1, expect.stringContaining(`is ${ROOT}, not`)]);
    const absent = await platform.ao('settle', 'approve', 'lacy', '904', '--why', 'so');
    expect([absent.status, absent.stderr]).toEqual([1, expect.stringContaining('no root of lacy for epoch 904')]);
    const empty = await platform.ao('settle', 'hold', 'lacy', '--why', ' ');
    expect([empty.status, empty.stderr]).toEqual([1, expect.stringContaining('--why must say something')]);
    expect(await decided()).toEqual([]);

    await settle('approve', 'Lacy', '903', '--who', 'ada', '--why', 'counted by hand');
    expect(await decided()).toEqual([
      {
        ...{ action: 'APPROVE', channel: 'lacy', epoch: 903n, root: ROOT, who: 'ada', why: 'counted by hand' },
        at: expect.any(Number),
      },
    ]);
  });

  it('says what publishing has cost, by day and by root', async () => {
    expect(JSON.parse(await settle('fees', '--json'))).toEqual([
      { day: '2026-11-28', transactions: 1, failed: 0, unknown: 0, feeLamports: '5007' },
    ]);
    expect(JSON.parse(await settle('fees', '--roots', '--json'))).toMatchObject([
      { epoch: '902', feeLamports: '5007' },
    ]);
    expect(await settle('fees')).toContain('2026-11-28');
  });

  it('shows what is not on chain yet, and who has decided what about it', async () => {
    await settle('hold', 'lacy', '--who', 'grace', '--why', 'odd');
    expect(JSON.parse(await settle('status', '--json'))).toMatchObject([
      {
        channel: 'lacy',
        epoch: '903',
        status: 'NEW',
        heldBy: { who: 'grace', why: 'odd' },
        approvals: [{ who: 'ada' }],
      },
    ]);
    await settle('release', 'lacy', '--who', 'grace', '--why', 'real');
    expect(JSON.parse(await settle('status', 'lacy', '--json'))).toMatchObject([{ heldBy: null }]);
    expect(JSON.parse(await settle('status', 'marlon', '--json'))).toEqual([]);
  });
});
