/** `claimable: true` means that the program would accept the claim now: held against a chain with the program's rules. */

import {
  bytesToHex,
  channelStateAddress,
  claimChannelOpen,
  hexToBytes,
  type ProgramInstruction,
  setChannelMerkleRoot,
} from '@attention-oracle/sdk';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Keypair, TransactionMessage, VersionedTransaction } from '@solana/web3.js';
import { keypair, startTestChain, type TestChain, toWeb3 } from '../local/chain/testing/test-chain.ts';
import { until } from '../tests/testing/until.ts';
import { dataOf, GatewayRig, type RunningGateway } from './testing/rig.ts';
import { type SeededRoot, seedRoot } from './testing/seed.ts';
import { startRelay, type TcpRelay } from './testing/tcp-relay.ts';

const AMOUNT = 1_000n;
const TREASURY = 5_000n;
const fans = Array.from({ length: 3 }, (_, index) => keypair(`fan${index}`));

let chain: TestChain;
let rpc: TcpRelay;
let rig: GatewayRig;
let gateway: RunningGateway;

beforeAll(async () => {
  chain = await startTestChain({}, { funded: fans.map(({ publicKey }) => publicKey), treasuryAmount: TREASURY });
  rpc = await startRelay('127.0.0.1', chain.chain.port);
  rig = await GatewayRig.create({
    ANCHOR_PROVIDER_URL: `http://127.0.0.1:${rpc.port}`,
    MINT_PUBKEY: chain.genesis.mint,
  });
  gateway = await rig.start();
});

afterAll(async () => {
  await rig.stop();
  await rpc.close();
  await chain.close();
});

/** Stores a settled root of so many claims, the fans' first, and publishes it. */
async function published(channel: string, epoch: number, count = 3, amount = AMOUNT): Promise<SeededRoot> {
  const users = Array.from({ length: count }, (_, index) => fanAt(index).publicKey.toBase58());
  const root = await seedRoot(rig.pool, { channel, epoch, count, settled: true, users, amount });
  await publish(channel, epoch, root.tree.root());
  return root;
}

/** The fans take turns, so that any index is somebody's who can sign. */
function fanAt(index: number): Keypair {
  return fans[index % fans.length] as Keypair;
}

async function publish(channel: string, epoch: number, root: Uint8Array): Promise<void> {
  const { publisher } = chain;
  const instruction = setChannelMerkleRoot({
    payer: publisher.publicKey,
    mint: chain.genesis.mint,
    channel,
    epoch,
    root,
  });
  await chain.send([instruction], [publisher]);
  chain.chain.control.advanceSlots(2);
}

function claimOf(root: SeededRoot, index: number): ProgramInstruction {
  return claimChannelOpen({
    claimer: fanAt(index).publicKey,
    mint: chain.genesis.mint,
    channel: root.channel,
    epoch: BigInt(root.epoch),
    index,
    amount: root.amount,
    id: `twitch:${root.channel}:user${index}`,
    proof: root.tree.proof(index),
  });
}

/** What the program does with the claim, tried and not kept: undefined when it accepts it, else its error. */
async function refusal(root: SeededRoot, index: number): Promise<unknown> {
  const message = new TransactionMessage({
    payerKey: fanAt(index).publicKey,
    recentBlockhash: '1'.repeat(32),
    instructions: [toWeb3(claimOf(root, index))],
  });
  const { value } = await chain.connection.simulateTransaction(
    new VersionedTransaction(message.compileToLegacyMessage()),
    { sigVerify: false, replaceRecentBlockhash: true },
  );
  return value.err === null ? undefined : (value.err as { InstructionError: [number, unknown] }).InstructionError[1];
}

/** What the gateway says of a user's claims from an epoch. */
async function whyNot(channel: string, epoch: number, index: number): Promise<unknown> {
  const answer = await gateway.ask(
    `query ($user: Address!, $channel: String!, $epoch: U64!) { whyNotClaimable(user: $user, channel: $channel, epoch: $epoch) {
      index reason claimable programError whatToDo } }`,
    { channel, epoch, user: fanAt(index).publicKey.toBase58() },
  );
  return dataOf(answer)['whyNotClaimable'];
}

/** A listener proves slots at a pace, watermark after watermark, each once the gateway has seen the one before. */
async function proveAt(slotMs: number): Promise<void> {
  const watermarkSecs = 3;
  for (let watermark = 0; watermark < 6; watermark += 1) {
    const slot = 100 + (watermark * watermarkSecs * 1000) / slotMs;
    await rig.pool.query(
      `insert into coverage (stream_partition, source, method, endpoint, from_slot, to_slot, block_time, watermarks, signatures, last_offset)
       select partition, 'listener', 'blocks', 'rpc.example', $1, $1, timestamp '2026-01-01' + $2 * interval '1 second', 1, 0, $1
       from generate_series(0, 2) partition`,
      [slot, watermark * watermarkSecs],
    );
    await until(`proven up to ${slot}`, async () => {
      const { body } = await gateway.ask('{ health { status } }');
      return (body['extensions'] as { ao: { provenSlot: string } }).ao.provenSlot === String(slot);
    });
  }
}

interface Told {
  readonly claimable: boolean;
  readonly claimability: {
    readonly claimable: boolean | null;
    readonly reason: string | null;
    readonly programError: number | null;
    readonly replacedByEpoch: string | null;
    readonly replacedAbout: string | null;
    slot: string | null;
    at: string | null;
  };
  readonly proof: string[];
}

async function told(root: SeededRoot, index: number): Promise<Told> {
  const answer = await gateway.ask<{ proof: Told }>(
    `query ($channel: String!, $epoch: U64!, $index: Int!) { proof(channel: $channel, epoch: $epoch, index: $index) {
      proof claimable claimability { claimable reason programError replacedByEpoch replacedAbout slot at } } }`,
    { channel: root.channel, epoch: root.epoch, index },
  );
  return dataOf(answer).proof;
}

/** Waits until what was remembered of the chain is forgotten. */
async function untilTold(root: SeededRoot, index: number, reason: string | null): Promise<Told> {
  return until(`${root.channel} ${root.epoch} ${index}: ${reason}`, async () => {
    const answer = await told(root, index);
    return answer.claimability.reason === reason && answer;
  });
}

describe('a proof is claimable where the program accepts the claim, and only there', () => {
  it('in the ring, unclaimed; not once it was claimed', async () => {
    const root = await published('kaicenat', 20);
    expect(await refusal(root, 1)).toBeUndefined();
    const { claimable, claimability, proof } = await untilTold(root, 1, null);
    expect(claimable).toBe(true);
    expect(claimability).toMatchObject({
      claimable: true,
      slot: expect.stringMatching(/^\d+$/),
      at: expect.stringMatching(/Z$/),
    });
    expect(proof.map(hexToBytes)).toEqual(root.tree.proof(1));
    expect(await whyNot('kaicenat', 20, 1)).toEqual([]);
    expect(await whyNot('kaicenat', 21, 1)).toMatchObject([{ index: null, reason: 'NO_ROOT', claimable: false }]);

    await chain.send([claimOf(root, 1)], [fanAt(1)]);
    chain.chain.control.advanceSlots(2);
    expect(await refusal(root, 1)).toEqual({ Custom: 6006 });
    expect(await untilTold(root, 1, 'ALREADY_CLAIMED')).toMatchObject({
      claimable: false,
      claimability: { claimable: false },
    });
    expect(await whyNot('kaicenat', 20, 1)).toEqual([
      { index: 1, reason: 'ALREADY_CLAIMED', claimable: false, programError: 6006, whatToDo: expect.any(String) },
    ]);
    expect(await refusal(root, 2)).toBeUndefined();
    expect((await untilTold(root, 2, null)).claimable).toBe(true);
  });

  it('not after its epoch has left the ring', async () => {
    const old = await published('ring', 20);
    const before = (await untilTold(old, 0, null)).claimability;
    expect(before.replacedByEpoch).toBe('30');
    // Nothing has shown how long a slot takes.
    expect(before.replacedAbout).toBeNull();
    await proveAt(200);
    const { at, slot, replacedAbout } = await until('the pace is known', async () => {
      const { claimability } = await told(old, 0);
      return claimability.replacedAbout !== null && claimability;
    });
    // Epochs of ten slots: the one that replaces it is over at slot 309.
    expect(Date.parse(replacedAbout ?? '') - Date.parse(at ?? '')).toBe(Math.max(0, 309 - Number(slot)) * 200);
    await publish('ring', 30, new Uint8Array(32).fill(7));
    expect(await refusal(old, 0)).toEqual({ Custom: 6017 });
    expect(await untilTold(old, 0, 'ROOT_LEFT_RING')).toMatchObject({
      claimable: false,
      claimability: { programError: 6017, replacedByEpoch: null, replacedAbout: null },
    });
    const stranger = keypair('a stranger');
    const answer = await gateway.ask(
      `{ whyNotClaimable(user: "${stranger.publicKey.toBase58()}", channel: "ring", epoch: 20) { index reason } }`,
    );
    expect(dataOf(answer)['whyNotClaimable']).toEqual([{ index: null, reason: 'NOT_IN_ROOT' }]);
  });

  it('not before it is published, whatever our own record says, and not where the ring holds other bytes', async () => {
    const absent = await seedRoot(rig.pool, { channel: 'absent', epoch: 20, count: 2, settled: true, amount: AMOUNT });
    expect((await untilTold(absent, 0, 'ROOT_NOT_PUBLISHED')).claimable).toBe(false);
    const early = await seedRoot(rig.pool, { channel: 'ring', epoch: 31, count: 2, settled: false, amount: AMOUNT });
    expect((await untilTold(early, 0, 'ROOT_NOT_PUBLISHED')).claimable).toBe(false);
    const zero = await seedRoot(rig.pool, { channel: 'ring', epoch: 0, count: 2, settled: true, amount: AMOUNT });
    expect((await told(zero, 0)).claimable).toBe(false);

    const users = fans.map(({ publicKey }) => publicKey.toBase58());
    const other = await seedRoot(rig.pool, {
      channel: 'other',
      epoch: 20,
      count: 3,
      settled: true,
      users,
      amount: AMOUNT,
    });
    await publish('other', 20, new Uint8Array(32).fill(9));
    expect(await refusal(other, 0)).toEqual({ Custom: 6007 });
    expect((await untilTold(other, 0, 'ROOT_DIFFERS')).claimable).toBe(false);
  });

  it('at index 1,023 and not at 1,024, the first beyond the ring slot', async () => {
    const root = await published('large', 20, 1026);
    expect(await refusal(root, 1023)).toBeUndefined();
    expect((await untilTold(root, 1023, null)).claimable).toBe(true);
    for (const index of [1024, 1025]) {
      expect(await refusal(root, index)).toEqual({ Custom: 6009 });
      expect((await untilTold(root, index, 'INDEX_TOO_HIGH')).claimable).toBe(false);
    }
  });

  it('not of a recipe whose leaves the program does not make', async () => {
    const root = await seedRoot(rig.pool, {
      channel: 'v1',
      epoch: 20,
      count: 2,
      settled: true,
      amount: AMOUNT,
      recipe: 'claim-v1',
    });
    await publish('v1', 20, root.tree.root());
    expect((await untilTold(root, 0, 'RECIPE_NOT_CLAIMABLE')).claimable).toBe(false);
  });

  it('not of more than the treasury holds', async () => {
    const root = await published('rich', 20, 3, TREASURY);
    // One claim was paid out of it.
    expect(await refusal(root, 0)).toBeDefined();
    expect((await untilTold(root, 0, 'TREASURY_TOO_SMALL')).claimable).toBe(false);
  });

  it('not while the program is paused; unknown while its policy asks for receipts', async () => {
    const root = await published('paused', 20);
    await untilTold(root, 0, null);
    const address = chain.genesis.protocolState;
    const account = chain.chain.control.account(address);
    if (account === null) throw new Error('no protocol state');
    const set = (offset: number): void => {
      const data = account.data.slice();
      data[offset] = 1;
      chain.chain.control.setAccount(address, { ...account, data });
      chain.chain.control.advanceSlots(2);
    };
    set(138);
    expect(await refusal(root, 0)).toEqual({ Custom: 6005 });
    expect((await untilTold(root, 0, 'PROGRAM_PAUSED')).claimability.claimable).toBe(false);
    set(139);
    expect(await untilTold(root, 0, 'RECEIPT_REQUIRED')).toMatchObject({
      claimable: false,
      claimability: { claimable: null },
    });
    chain.chain.control.setAccount(address, account);
    chain.chain.control.advanceSlots(2);
    expect((await untilTold(root, 0, null)).claimable).toBe(true);
  });
});

describe('explain and pipeline', () => {
  interface Explained {
    readonly explain: { readonly instructionBytes: string | null; readonly instructionBytesUnknown: string | null };
  }

  it('tell the bytes of the instruction and the slots that are not stored yet, and why not while the chain is away', async () => {
    const root = await published('explained', 20);
    const instruction = claimOf(root, 1);
    const signature = await chain.send([instruction], [fanAt(1)]);
    chain.chain.control.advanceSlots(40);
    const isOf = (index: number, eventId: string) =>
      rig.pool.query(
        "update claims set event_id = $2, signature = $3 where channel = 'explained' and leaf_index = $1",
        [index, eventId, signature],
      );
    await isOf(1, `${signature}/0`);
    await isOf(2, `${signature}/7`);
    const explained = async (index: number): Promise<Explained['explain']> =>
      dataOf(
        await gateway.ask<Explained>(
          `{ explain(channel: "explained", epoch: 20, index: ${index}) { instructionBytes instructionBytesUnknown } }`,
        ),
      ).explain;
    const known = { instructionBytes: bytesToHex(instruction.data), instructionBytesUnknown: null };
    expect(await explained(1)).toEqual(known);
    expect(await explained(2)).toEqual({
      instructionBytes: null,
      instructionBytesUnknown: expect.stringMatching(/no such instruction/),
    });
    await rig.pool.query('delete from coverage');
    await rig.pool.query(
      `insert into coverage select p, 'north', 'walk', 'rpc', 0, 1, now(), 1, 1, 1 from generate_series(0, 2) p`,
    );
    const pipeline = async () =>
      dataOf(
        await gateway.ask<{ pipeline: { chainSlot: string; endpoints: unknown } }>(
          '{ pipeline { chainSlot chainSlotUnknown provenSlot slotsBehind endpoints { source slotsBehind } } }',
        ),
      ).pipeline;
    const told = await pipeline();
    const behind = String(Number(told.chainSlot) - 1);
    expect(told).toEqual({
      chainSlot: expect.stringMatching(/^[1-9]\d*$/),
      chainSlotUnknown: null,
      provenSlot: '1',
      slotsBehind: behind,
      endpoints: [{ source: 'north', slotsBehind: behind }],
    });

    rpc.cut();
    const gone = await until('said that the chain is away', async () => {
      const now = await pipeline();
      return now.chainSlot === null && now;
    });
    expect(gone).toMatchObject({
      chainSlotUnknown: expect.stringMatching(/chain (does|did) not answer/),
      slotsBehind: null,
      endpoints: [{ slotsBehind: null }],
    });
    // What was read once does not change.
    expect(await explained(1)).toEqual(known);
    expect(await explained(2)).toEqual({
      instructionBytes: null,
      instructionBytesUnknown: expect.stringMatching(/chain (does|did) not answer/),
    });
    rpc.mend();
    await until('the chain is back', async () => (await pipeline()).chainSlot !== null);
  });
});

describe('where the chain cannot tell, a proof is not claimable', () => {
  it('an account of a size that no known build has', async () => {
    const root = await published('strange', 20);
    const channelState = channelStateAddress(chain.genesis.mint, 'strange')[0].toString();
    const account = chain.chain.control.account(channelState);
    if (account === null) throw new Error('no channel state');
    chain.chain.control.setAccount(channelState, { ...account, data: new Uint8Array([...account.data, 0]) });
    chain.chain.control.advanceSlots(2);
    expect(await untilTold(root, 0, 'ACCOUNT_UNREADABLE')).toMatchObject({
      claimable: false,
      claimability: { claimable: null },
    });
  });

  it.each(['silent', 'away'])('a chain that is %s: said so, soon, and found out when it is back', async (how) => {
    const root = await published(`outage-${how}`, 20);
    await untilTold(root, 0, null);
    if (how === 'silent') rpc.silence('all');
    else rpc.cut();
    const unknown = await untilTold(root, 0, 'CHAIN_UNAVAILABLE');
    expect(unknown).toMatchObject({ claimable: false, claimability: { claimable: null, slot: null, at: null } });
    expect(unknown.proof).toHaveLength(2);
    const rest = await gateway.get(`/api/v1/claims/${fanAt(0).publicKey.toBase58()}?channel=outage-${how}`);
    expect((rest.body['proofs'] as unknown[])[0]).toMatchObject({
      claimable: false,
      claimable_reason: 'CHAIN_UNAVAILABLE',
      claimable_slot: null,
    });
    rpc.mend();
    expect((await untilTold(root, 0, null)).claimable).toBe(true);
  });

  it('an endpoint of another chain than the one that the rows are of: not asked, and taken up when it is the right one', async () => {
    const root = await published('elsewhere', 20);
    const note = (hash: string): Promise<unknown> =>
      rig.pool.query('insert into deployment (genesis_hash) values ($1)', [hash]);
    try {
      await note('CRwJvKjeUH1mYq1MGJVwTyDnJpoLq5qd3hT4ePPyRLQx');
      const misled = await rig.start();
      const answer = await misled.ask(
        `{ proof(channel: "elsewhere", epoch: 20, index: 0) { root claimable claimability { claimable reason } } pipeline { chainSlot chainSlotUnknown } }`,
      );
      expect(dataOf(answer)).toMatchObject({
        proof: {
          root: root.tree.rootHex(),
          claimable: false,
          claimability: { claimable: null, reason: 'CHAIN_UNAVAILABLE' },
        },
        pipeline: {
          chainSlot: null,
          chainSlotUnknown: expect.stringMatching(/chain with genesis CRwJ.*is of the chain with genesis/),
        },
      });
      await rig.pool.query('delete from deployment');
      await note(await chain.connection.getGenesisHash());
      const right = await rig.start();
      const claimable = await right.ask(`{ proof(channel: "elsewhere", epoch: 20, index: 0) { claimable } }`);
      expect(dataOf(claimable)['proof']).toEqual({ claimable: true });
    } finally {
      await rig.pool.query('delete from deployment');
    }
  });

  it('a gateway without an RPC endpoint', async () => {
    const root = await published('unasked', 20);
    const blind = await rig.start({ ANCHOR_PROVIDER_URL: '' });
    const answer = await blind.ask(
      `{ proof(channel: "unasked", epoch: 20, index: 0) { root claimable claimability { claimable reason } } }`,
    );
    expect(dataOf(answer)['proof']).toEqual({
      root: root.tree.rootHex(),
      claimable: false,
      claimability: { claimable: null, reason: 'CHAIN_NOT_CONFIGURED' },
    });
  });
});
