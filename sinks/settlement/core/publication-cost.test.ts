import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../runtime/errors.ts';
import { computeUnitLimit, type PriorityFeePolicy, transactionFeeLamports, usualRentLamports } from './fees.ts';
import type { Chain, Ring } from './ports.ts';
import { PublicationCost, TYPICAL_UNITS_A_ROOT } from './publication-cost.ts';
import { RpcGate } from './rpc-gate.ts';

const RENT = { 0: 890_880n, 1782: 13_000_000n } as Readonly<Record<number, bigint>>;
const PRICE = 1_000_000;
const rings = new Map<string, Ring>([['known', []]]);

class World {
  nowMs = 0;
  readonly asked: (readonly string[])[] = [];
  answers = true;
  readonly cost: PublicationCost;

  constructor(policy: PriorityFeePolicy = { mode: 'estimate', cap: PRICE }) {
    const answer = async <T>(value: T): Promise<T> => {
      if (!this.answers) throw new AppError('RPC_METHOD_MISSING', 'no such method');
      return value;
    };
    const chain = {
      finalizedHead: async () => ({ slot: 1, height: 1 }),
      rentExemptLamports: (bytes: number) => answer(RENT[bytes]),
      recentPriorityFees: (channels: readonly string[]) => {
        this.asked.push(channels);
        return answer([100, 200, 300, 400]);
      },
    } as unknown as Chain;
    const now = (): number => this.nowMs;
    this.cost = new PublicationCost({ now }, new RpcGate({ chain, now, observe: () => undefined }), policy);
  }
}

const fee = (roots: number, price = PRICE): bigint =>
  transactionFeeLamports(computeUnitLimit(TYPICAL_UNITS_A_ROOT * roots), price);

describe('what a publication will cost', () => {
  it('is the fee of its roots, the rent of each account that comes into being, and what the payer must keep', async () => {
    const { cost } = new World();
    expect(await cost.lamportsNeeded(['known'], PRICE, { rings })).toBe(fee(1) + 890_880n);
    expect(await cost.lamportsNeeded(['new', 'new', 'known'], PRICE, { rings })).toBe(fee(3) + 13_000_000n + 890_880n);
    expect(await cost.lamportsNeeded(['new', 'other'], PRICE, { rings })).toBe(fee(2) + 26_000_000n + 890_880n);
  });

  it('is by the usual rent where the node tells none', async () => {
    const world = new World();
    world.answers = false;
    expect(await world.cost.lamportsNeeded(['new'], PRICE, { rings })).toBe(
      fee(1) + usualRentLamports(1782) + usualRentLamports(0),
    );
  });

  it('is told of one root, with the rent where its channel has no account', async () => {
    const { cost } = new World({ mode: 'fixed', cap: PRICE });
    expect(await cost.describe('known', { rings })).toBe(`fee about ${fee(1)} lamports`);
    expect(await cost.describe('new', { rings })).toBe(
      `fee about ${fee(1)} lamports and 13000000 lamports of rent for the channel's account`,
    );
  });

  it('offers what recent transactions paid on its accounts, each asked for once', async () => {
    const world = new World();
    expect(await world.cost.priorityFee(['a', 'b', 'a'], 1)).toBe(300);
    expect(world.asked).toEqual([['a', 'b']]);
  });

  it.each<PriorityFeePolicy>([
    { mode: 'fixed', cap: 70 },
    { mode: 'estimate', cap: 0 },
  ])('asks nobody where the offer is fixed: %j', async (policy) => {
    const world = new World(policy);
    expect(await world.cost.priorityFee(['a'], 3)).toBe(policy.cap);
    expect(world.asked).toEqual([]);
  });

  it('does not ask a node again for ten minutes that gave no fees', async () => {
    const world = new World();
    world.answers = false;
    expect(await world.cost.priorityFee(['a'], 1)).toBe(PRICE / 100);
    world.nowMs = 599_999;
    await world.cost.priorityFee(['a'], 1);
    expect(world.asked).toHaveLength(1);
    world.nowMs = 600_000;
    world.answers = true;
    expect(await world.cost.priorityFee(['a'], 1)).toBe(300);
    expect(world.asked).toHaveLength(2);
  });
});
