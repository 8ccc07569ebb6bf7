import { channelStateAddress } from '@attention-oracle/sdk/web3';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Keypair } from '@solana/web3.js';
import type { Ring } from '../core/ports.ts';
import type { RootToSettle } from '../core/root-job.ts';
import { LivePolicyEvidence, type SinkTables, type SlotOfChannel } from './policy-evidence.ts';

const MINT = Keypair.generate().publicKey.toBase58();
const PROGRAM = 'GnGzNdsQMxMpJfMeqnkGPsvHm8kwaDidiKjNU2dCVZop';
const ROOT: RootToSettle = {
  ...{ partition: 0, offset: 0n, nextOffset: 1n, channel: 'lacy', epoch: 21n, root: 'ab'.repeat(32), recordedAtMs: 0 },
  ...{ count: 3, startSlot: 100, endSlot: 199 },
};

function addressOf(channel: string): string {
  return channelStateAddress(MINT, channel, PROGRAM)[0].toBase58();
}

function slotOf(epoch: bigint, ...claimedBytes: number[]): NonNullable<Ring>[number] {
  return { epoch, root: 'ab'.repeat(32), claimed: Uint8Array.from({ length: 128 }, (_, i) => claimedBytes[i] ?? 0) };
}

/** Each root lets 10 units be claimed, one a bit that is not set in the first byte; what `unstored` names is not there. */
class Tables implements SinkTables {
  asked: string[] = [];
  unstored = new Set<string>();
  silent = false;

  async owed(slots: readonly SlotOfChannel[]): Promise<(bigint | undefined)[]> {
    if (this.silent) return new Promise(() => undefined);
    this.asked.push(...slots.map(({ channel, epoch }) => `${channel}/${epoch}`));
    return slots.map(({ channel, claimed }) =>
      this.unstored.has(channel) ? undefined : 10n - BigInt(claimed[0] ?? 0),
    );
  }

  async channels(): Promise<string[]> {
    return ['lacy', 'marlon'];
  }

  async tree(): Promise<'built'> {
    return 'built';
  }

  async publisher(): Promise<null> {
    return null;
  }

  async proven(): ReturnType<SinkTables['proven']> {
    return [0, 1].map((partition) => ({ partition, fromSlot: 0, toSlot: 300 }));
  }
}

describe('what policies see', () => {
  let tables: Tables;
  let rings: Map<string, Ring>;
  let nowMs: number;
  let evidence: LivePolicyEvidence;

  beforeEach(() => {
    tables = new Tables();
    nowMs = 0;
    rings = new Map([
      [addressOf('lacy'), [slotOf(20n), slotOf(11n, 3)]],
      [addressOf('marlon'), [slotOf(30n)]],
    ]);
    evidence = new LivePolicyEvidence({
      tables,
      promises: { promise: async () => [], withdraw: async () => undefined },
      chain: {
        everyRing: async () => rings,
        treasury: async () => 1000n,
        finalizedHead: async () => ({ slot: 320, blockHeight: 300 }),
      },
      ...{ mint: MINT, programId: PROGRAM, partitions: 2, now: () => nowMs },
    });
  });

  it('is the treasury, and what every ring of the mint owes by its bitmap', async () => {
    const { treasury, debts } = await evidence.books();
    expect(treasury).toBe(1000n);
    expect(debts.map(({ channel, epoch, owed }) => `${channel}/${epoch} ${owed}`)).toEqual([
      'lacy/20 10',
      'lacy/11 7',
      'marlon/30 10',
    ]);
  });

  it('is asked again only of what was claimed from since', async () => {
    await evidence.books();
    tables.asked = [];
    rings.set(addressOf('marlon'), [slotOf(30n, 1)]);
    nowMs += 60_000;
    expect((await evidence.books()).debts.at(-1)?.owed).toBe(9n);
    expect(tables.asked).toEqual(['marlon/30']);
  });

  it.each([
    ['a root whose claims are not all stored', () => tables.unstored.add('marlon')],
    [
      'a ring of a channel that nobody here has heard of',
      () => {
        rings.set(addressOf('stranger'), [slotOf(30n)]);
        tables.unstored.add(`the channel of account ${addressOf('stranger')}`);
      },
    ],
  ])('is unknown, not nothing, with %s', async (_name, harm) => {
    harm();
    await expect(evidence.books()).rejects.toMatchObject({ code: 'POLICY_UNKNOWN' });
  });

  it('is unknown while the database does not answer, and known once it does', async () => {
    tables.silent = true;
    await expect(evidence.payout(ROOT)).rejects.toMatchObject({
      code: 'POLICY_UNKNOWN',
      message: expect.stringContaining('no answer') as unknown,
    });
    // Nobody waits for the next answers, for a while.
    tables.silent = false;
    await expect(evidence.payout(ROOT)).rejects.toMatchObject({ code: 'POLICY_UNKNOWN' });
    nowMs += 60_000;
    await expect(evidence.payout(ROOT)).resolves.toBe(10n);
  });

  it('tells how far the platform is', async () => {
    await expect(evidence.pipeline(ROOT)).resolves.toEqual({
      ...{ tree: 'built', gapFromSlot: undefined, listenerBehindSlots: 20 },
    });
  });
});
