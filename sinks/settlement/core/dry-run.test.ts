import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../runtime/errors.ts';
import { DryRun } from './dry-run.ts';
import { MAX_COMPUTE_UNITS } from './fees.ts';
import type { AccountsAnswer, Chain, SettlerPorts } from './ports.ts';
import type { PublicationCost } from './publication-cost.ts';
import type { RootToSettle } from './root-job.ts';
import { RpcGate, RpcPaused } from './rpc-gate.ts';

const ROOT: RootToSettle = {
  ...{ partition: 0, offset: 4n, nextOffset: 5n, channel: 'lacy', epoch: 19n, root: 'ab'.repeat(32), recordedAtMs: 0 },
  ...{ count: 100, startSlot: 190, endSlot: 199 },
};
const PROTOCOL = { paused: false, admin: 'the-admin', publisher: 'the-publisher' };
const ACCOUNTS: AccountsAnswer = { protocol: PROTOCOL, payerLamports: 0n, version1: false, rings: new Map() };

interface World {
  readonly payer?: string | undefined;
  readonly error?: unknown;
  /** Whether it answers at all, and what it does when asked to simulate. */
  readonly node?: 'answers' | 'simulates nothing' | 'is away';
}

function run({ payer, error = null, node = 'answers' }: World, accounts = ACCOUNTS) {
  const made: unknown[] = [];
  const asked = async <T>(answer: T): Promise<T> => {
    if (node === 'is away') throw new Error('no connection');
    return answer;
  };
  const chain = {
    finalizedHead: () => asked({ slot: 1, height: 1 }),
    latestBlockhash: () => asked({ blockhash: 'hash', lastValidBlockHeight: 9 }),
    simulate: async () => {
      if (node === 'simulates nothing') throw new AppError('RPC_METHOD_MISSING', 'no such method');
      return asked({ error, computeUnits: 4321 });
    },
  } as unknown as Chain;
  const transactions = {
    payer,
    describe: (root: RootToSettle, by: string) => `publish ${root.epoch} by ${by}`,
    createUnsigned: (...args: unknown[]) => made.push(args) && new Uint8Array(),
  } as unknown as SettlerPorts['transactions'];
  const cost = { describe: async (channel: string) => `cost of ${channel}` } as unknown as PublicationCost;
  const rpc = new RpcGate({ chain, now: () => 0, observe: () => undefined });
  return { made, reason: new DryRun({ transactions }, rpc, cost).of(ROOT, accounts) };
}

describe('what would be sent while AUTO_PUBLISH is off', () => {
  it.each([
    ['me', 'me'],
    [undefined, 'the-publisher'],
  ])('is told with its cost and what the chain says of it: payer %s', async (payer, by) => {
    const { made, reason } = run({ payer });
    expect(await reason).toEqual({
      code: 'AUTO_PUBLISH_OFF',
      text: `would send publish 19 by ${by}, cost of lacy, simulated: it would be taken, with 4321 compute units; set AUTO_PUBLISH=true to publish`,
    });
    const terms = { blockhash: 'hash', computeUnitLimit: MAX_COMPUTE_UNITS, priorityFee: 0, form: 'legacy' };
    expect(made).toEqual([[[ROOT], by, terms]]);
  });

  it('is told with why the chain would refuse it', async () => {
    const { text } = await run({ payer: 'me', error: { InstructionError: [2, { Custom: 6005 }] } }).reason;
    expect(text).toMatch(/simulated: it would be refused \([A-Z_a-z]+: .+\); set/);
  });

  it('is told where the node answers everything but that', async () => {
    const { text } = await run({ payer: 'me', node: 'simulates nothing' }).reason;
    expect(text).toContain(', not simulated (the node does not answer simulate); set');
  });

  it('waits for a node that answers nothing', async () => {
    await expect(run({ payer: 'me', node: 'is away' }).reason).rejects.toBeInstanceOf(RpcPaused);
  });

  it('is what holds every root where nobody knows who would pay', async () => {
    expect(await run({}, { ...ACCOUNTS, protocol: undefined }).reason).toMatchObject({
      code: 'PROTOCOL_NOT_INITIALIZED',
    });
    const unreadable = { ...ACCOUNTS, protocol: { unreadable: '9 bytes' } };
    expect(await run({}, unreadable).reason).toMatchObject({ code: 'PROTOCOL_STATE_UNREADABLE' });
  });
});
