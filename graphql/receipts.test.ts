/** Receipts of settled roots, by GraphQL and REST, and in the bundle that the SDK verifies. */

import { base58Encode, setChannelMerkleRoot, verifyBundle } from '@attention-oracle/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GatewayRig, type RunningGateway } from './testing/rig.ts';
import { type SeededRoot, seedRoot } from './testing/seed.ts';

const MINT = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
const PAYER = 'DscHsPGoG9oaJQJAVQDq2Tb4XkDFVkDXtU2kk3mj7bHF';
const SIGNATURE = base58Encode(new Uint8Array(64).fill(9));

let rig: GatewayRig;
let gateway: RunningGateway;
let root: SeededRoot;

beforeAll(async () => {
  rig = await GatewayRig.create();
  gateway = await rig.start();
  root = await seedRoot(rig.pool, { channel: 'lofi', epoch: 30, count: 5, settled: true, amount: 7n });
  await rig.pool.query('update settlement_log set tx_signature = $1', [SIGNATURE]);
  await rig.pool.query('update roots set tx_signature = $1', [SIGNATURE]);
});

beforeEach(async () => {
  await rig.pool.query('truncate published_roots, publication_sightings, coverage');
});

afterAll(async () => {
  await rig.stop();
});

/** The publication, proven by the word of `vouchers`. */
async function publish(vouchers: string): Promise<void> {
  await rig.pool.query(
    `insert into published_roots (event_id, signature, channel, epoch, root, slot, published_at, status, commitment, proven, vouchers,
       stream_partition, stream_offset, proven_offset)
     select 'e', $1, channel, epoch, root, 77, '2026-01-01 00:00:50', 'seen', 'finalized', true, $2, 3, 41, 44 from roots`,
    [SIGNATURE, vouchers],
  );
}

async function said(source: string, offset: number, takenBack = false): Promise<void> {
  await rig.pool.query("insert into publication_sightings values ('e', $1, 77, $2, 3, $3)", [
    source,
    takenBack,
    offset,
  ]);
}

async function proven(source: string, endpoint: string, fromSlot = 0, partition = 3): Promise<void> {
  await rig.pool.query("insert into coverage values ($1, $2, 'walk', $3, $4, 1000, now(), 1, 1, 1)", [
    partition,
    source,
    endpoint,
    fromSlot,
  ]);
}

const graphqlReceipt = async (): Promise<unknown> => {
  const query = `{ settlement(channel: "lofi", epoch: 30) { receipt { sightings { listener streamOffset }
    verdicts { listener endpoint method verdict } } } }`;
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return ((await answer.json()) as { data: { settlement: { receipt: unknown } } }).data.settlement.receipt;
};

/** The transaction that published the root, as a node tells it. */
const onChain = (): object => {
  const { programId, keys, data } = setChannelMerkleRoot({
    ...{ payer: PAYER, mint: MINT, channel: 'lofi', epoch: 30n, root: root.tree.root() },
  });
  const accountKeys = [...new Set([PAYER, ...keys.map(({ pubkey }) => pubkey.toBase58()), programId.toBase58()])];
  return {
    ...{ slot: 77, blockTime: 1767225650, version: 'legacy', meta: { err: null, fee: 5000, innerInstructions: [] } },
    transaction: {
      signatures: [SIGNATURE],
      message: {
        accountKeys,
        header: { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 0 },
        instructions: [
          {
            programIdIndex: accountKeys.indexOf(programId.toBase58()),
            accounts: keys.map(({ pubkey }) => accountKeys.indexOf(pubkey.toBase58())),
            data: base58Encode(data),
          },
        ],
      },
    },
  };
};

describe('a receipt', () => {
  it('names who saw the root on chain at which offset, and what each endpoint showed', async () => {
    await publish('{north}');
    await said('north', 41);
    await said('south', 43, true);
    await said('west', 42);
    await proven('north', 'rpc.north');
    await proven('south', 'rpc.south');
    await proven('east', 'rpc.east');
    // Neither the slot nor the partition is its own.
    await proven('late', 'rpc.late', 78);
    await proven('other', 'rpc.other', 0, 4);
    const sightings = [
      { listener: 'north', offset: '41' },
      { listener: 'west', offset: '42' },
    ];
    const verdicts = [
      { listener: 'east', endpoint: 'rpc.east', method: 'walk', verdict: 'not_seen' },
      { listener: 'north', endpoint: 'rpc.north', method: 'walk', verdict: 'seen' },
      { listener: 'south', endpoint: 'rpc.south', method: 'walk', verdict: 'taken_back' },
    ];
    expect(await graphqlReceipt()).toEqual({
      sightings: sightings.map(({ listener, offset }) => ({ listener, streamOffset: offset })),
      verdicts: verdicts.map((one) => ({ ...one, verdict: one.verdict.toUpperCase() })),
    });
    expect(await gateway.get('/api/v1/receipts/lofi/30')).toMatchObject({
      status: 200,
      body: {
        ...{ channel: 'lofi', epoch: '30', root: root.tree.rootHex(), signature: SIGNATURE, slot: '77' },
        ...{ block_time: '2026-01-01T00:00:50.000Z', fee_lamports: '5000', worker: 'worker', verdicts },
        seen_by: sightings.map((one) => ({ ...one, partition: 3 })),
      },
    });
  });

  it('says unknown, and no offset, of what was proven before words of listeners were kept', async () => {
    await publish('{north}');
    await proven('north', 'rpc.north');
    await proven('east', 'rpc.east');
    expect(await graphqlReceipt()).toEqual({
      sightings: [{ listener: 'north', streamOffset: null }],
      verdicts: [
        { listener: 'east', endpoint: 'rpc.east', method: 'walk', verdict: 'UNKNOWN' },
        { listener: 'north', endpoint: 'rpc.north', method: 'walk', verdict: 'SEEN' },
      ],
    });
  });

  it('is not there before a listener stands by the root, and of no other root', async () => {
    expect(await graphqlReceipt()).toBeNull();
    expect(await gateway.get('/api/v1/receipts/lofi/30')).toMatchObject({
      status: 404,
      body: { error: 'receipt_not_found' },
    });
    expect(await gateway.get('/api/v1/receipts/lofi/31')).toMatchObject({
      status: 404,
      body: { error: 'root_not_found' },
    });
  });
});

describe('a bundle', () => {
  it('carries the receipt, holds offline and is proven by the chain; one that was altered is not', async () => {
    await publish('{north}');
    await said('north', 41);
    await proven('north', 'rpc.north');
    const { status, body } = await gateway.get('/api/v1/bundles/lofi/30/2');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      receipt: { slot: '77', seenBy: [{ listener: 'north', partition: 3, offset: '41' }] },
    });
    expect(verifyBundle(body)).toBe(true);
    const check = { rpc: async () => onChain(), mint: MINT };
    expect(await verifyBundle(body, check)).toMatchObject({ verdict: 'proven', problems: [], unknown: [] });
    const forged = { ...body, receipt: { ...(body['receipt'] as object), slot: '78' } };
    expect(await verifyBundle(forged, check)).toMatchObject({
      verdict: 'refuted',
      problems: [{ field: 'receipt.slot' }],
    });
  });

  it('is refused with a sentence where what is stored of the settlement is no signature', async () => {
    await rig.pool.query("update roots set tx_signature = 'no signature'");
    const refused = await gateway.get('/api/v1/bundles/lofi/30/2');
    await rig.pool.query('update roots set tx_signature = $1', [SIGNATURE]);
    expect(refused).toMatchObject({ status: 503, body: { error: 'settlement_unsound' } });
    expect(refused.body['message']).toContain('/api/v1/proofs/lofi/30/2');
  });

  it('waits for its receipt without one', async () => {
    const { body } = await gateway.get('/api/v1/bundles/lofi/30/2');
    expect(body['receipt']).toBeUndefined();
    expect(verifyBundle(body)).toBe(true);
    expect((await gateway.get('/api/v1/bundles/lofi/30/5')).status).toBe(404);
  });
});
