/** A root that a policy holds, until two people let it go, with real parts: processor, sink, worker, gateway and a chain. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base58Encode, decodeChannelState, protocolStateAddress } from '@attention-oracle/sdk';
import { channelStateAddress } from '@attention-oracle/sdk/web3';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connectProducer } from '../runtime/kafka/producer.ts';
import type { SlotWatermark, StreamEvent } from '../schemas/records.ts';
import { query } from './testing/gateway.ts';
import { type LiveChain, startLiveChain } from './testing/live-chain.ts';
import { Platform } from './testing/platform.ts';
import { until } from './testing/until.ts';

const SLOT = 1005;
const EPOCH = '100';
const MOST_UNITS = 1000n;

let dir: string;
let live: LiveChain;
let platform: Platform;
let mint: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ao-held-'));
  live = await startLiveChain(dir, { consensus: 'alpenglow' });
  mint = live.env['MINT_PUBKEY'] ?? '';
  platform = await Platform.create(live.env);
});

afterAll(async () => {
  await platform?.stop();
  await live?.chain.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** As a listener writes a claim of a fan. */
function claim(n: number, channel: string, amount: bigint): StreamEvent {
  const [fan, signature] = [base58Encode(new Uint8Array(32).fill(n)), base58Encode(new Uint8Array(64).fill(n))];
  return {
    ...{ eventId: `${signature}/0`, timestamp: '', slot: SLOT, signature, channel, channelAsSeen: channel },
    tx: {
      ...{ version: 'legacy', blockTime: 1_700_000_000, feePayer: fan, signers: [fan], feeLamports: 5000n },
      ...{ computeUnits: null, error: null },
    },
    instruction: {
      ...{ program: 'Attention Oracle', action: 'claim', name: 'claim_channel_open' },
      data: {
        ...{ claimer: fan, epoch: 1n, index: n, amount, id: `twitch:${channel}:fan${n}` },
        ...{ root: null, requireReceipt: null, mintReceipt: null },
      },
    },
    protocolState: protocolStateAddress(mint)[0].toBase58(),
    ...{ succeeded: true, commitment: 'finalized', retracted: false, source: 'north', decoderVersion: 1 },
    raw: Buffer.alloc(8),
  };
}

/** Claims of two channels in one epoch, and the proof that the epoch is over. */
async function writeEpoch(): Promise<void> {
  const { codec, topics } = platform;
  const proof: SlotWatermark = {
    ...{ source: 'north', fromSlot: 1000, slot: 1100, blockTime: 1_700_001_000, method: 'signature-walk' },
    ...{ signatures: 4, endpoint: 'rpc' },
  };
  const events = [
    ...[claim(1, 'lacy', MOST_UNITS), claim(2, 'lacy', 1n)],
    ...[claim(3, 'marlon', 7n), claim(4, 'marlon', 8n)],
  ];
  const producer = await connectProducer(platform.kafka);
  const topic = topics.streamEvents;
  await producer.send(
    events.map((event) => ({ topic, key: event.channel, value: codec.encode('StreamEvent', event) })),
  );
  await producer.send(
    [0, 1, 2].map((partition) => ({ topic, partition, key: null, value: codec.encode('SlotWatermark', proof) })),
  );
  await producer.disconnect();
}

/** settlement_log of a channel: one row an attempt, with its newest state. */
const log = (channel: string): Promise<{ attempt: number; status: string; error_message: string | null }[]> =>
  platform.rows('select attempt, status, error_message from settlement_log where channel = $1 order by ledger_offset', [
    channel,
  ]);

it('is held for its amount while another channel is settled, and settled once two people approve it', async () => {
  await platform.startAll('process', 'sink');
  await platform.start('settle', {
    env: {
      ...{ SETTLEMENT_PERSONS: '2', SETTLEMENT_MAX_AMOUNT: MOST_UNITS.toString(), SETTLEMENT_SOLVENCY: 'hold' },
      SETTLEMENT_DATABASE_URL: platform.env['DATABASE_URL'] ?? '',
    },
  });
  const gatewayUrl = await (await platform.start('gateway')).startedField('gateway');
  await writeEpoch();

  await until('marlon is settled', async () => (await log('marlon')).some(({ status }) => status === 'confirmed'));
  const held = await until('lacy is held', async () =>
    (await log('lacy')).find(({ error_message: why }) => why?.startsWith('POLICY_AMOUNT_TOO_HIGH') === true),
  );
  expect(held).toMatchObject({ attempt: 0, status: 'held', error_message: expect.stringContaining('1001') });

  for (const [who, why] of [
    ['ada', 'counted by hand'],
    ['grace', 'counted again'],
  ] as const) {
    const decided = await platform.ao('settle', 'approve', 'lacy', EPOCH, '--who', who, '--why', why);
    expect([decided.status, decided.stderr]).toEqual([0, '']);
  }
  await until('lacy is settled', async () => (await log('lacy')).some(({ status }) => status === 'confirmed'));

  const [decision] = await log('lacy');
  expect(decision).toMatchObject({
    ...{ attempt: 0, error_message: expect.stringMatching(/^LET_GO_BY_PERSON: approved by ada .*and grace/) },
  });
  type Served = { readonly attempts: readonly { readonly status: string; readonly reason: string | null }[] };
  const { settlement } = await query<{ settlement: Served }>(
    gatewayUrl,
    `{ settlement(channel: "lacy", epoch: ${EPOCH}) { attempts { status reason } } }`,
  );
  const told = settlement.attempts.map(({ status, reason }) => `${status} ${reason?.split(':')[0] ?? ''}`.trim());
  // Before the sink has made the tree again nobody knows the amount, which may be said first.
  expect(told.filter((step) => step !== 'HELD POLICY_UNKNOWN')).toEqual([
    ...['HELD POLICY_AMOUNT_TOO_HIGH', 'HELD LET_GO_BY_PERSON', 'FINALIZED'],
  ]);
  const account = live.chain.control.account(channelStateAddress(mint, 'lacy')[0].toBase58());
  const ring = account === null ? [] : decodeChannelState(account.data).ring;
  expect(ring.map(({ epoch }) => epoch)).toContain(BigInt(EPOCH));
});
