/**
 * Takes events over HTTP into a queue, works it off into its tables, seals epochs when it is told to (the real one: by a timer), and
 * publishes what it has sealed. Its trees are made without the SDK.
 */

import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { channelStateAddress, decodeChannelState, ringSlotOf, setChannelMerkleRoot } from '@attention-oracle/sdk';
import { base58 } from '@scure/base';
import { Connection, PublicKey } from '@solana/web3.js';
import pg from 'pg';
import type { LegacyLine } from '../../../domain/legacy-line.ts';
import { submit } from '../../../local/protocol/io/submit.ts';
import { loadKeypair } from '../../../sinks/settlement/io/keypair-file.ts';
import { leaf, merkleRoot } from '../../recorded/expected-roots.ts';
import { needed, type TakenClaim } from './tables.ts';

const AT_ONCE = 200;
const IDLE_MS = 20;

export async function runAggregator(env: NodeJS.ProcessEnv): Promise<void> {
  const pool = new pg.Pool({ connectionString: needed(env, 'LEGACY_DATABASE_URL'), max: 4 });
  pool.on('error', () => undefined);
  const token = needed(env, 'LEGACY_TOKEN');
  const epochOf = (slot: number): number =>
    Number(needed(env, 'EPOCH_BASE')) + Math.floor(slot / Number(needed(env, 'EPOCH_DURATION_SLOTS')));
  const publish = publisher(env, pool);

  const answer = async (request: IncomingMessage): Promise<[status: number, body: object]> => {
    if (request.url === '/health') {
      const { rows } = await pool.query<{ waiting: number }>('select count(*)::int as waiting from queue');
      return [200, { status: 'ok', queue: rows[0]?.waiting ?? 0 }];
    }
    if (request.headers['x-internal-token'] !== token) return [401, { error: 'unauthorized', message: 'wrong token' }];
    const body = JSON.parse(await textOf(request)) as unknown;
    if (request.url === '/events') {
      // An event that was taken before is not taken again.
      await pool.query(
        'insert into queue (event_id, line) select $1, $2 where not exists (select from taken where event_id = $1) on conflict do nothing',
        [request.headers['x-event-id'], JSON.stringify(body)],
      );
      return [202, { accepted: true }];
    }
    if (request.url === '/seal') {
      await seal(pool, (body as { epochs: number[] }).epochs);
      await publish();
      return [200, { sealed: true }];
    }
    return [404, { error: 'not_found', message: String(request.url) }];
  };
  const server = createServer((request, response) => {
    answer(request)
      .catch((error: unknown): [number, object] => [503, { error: 'unavailable', message: String(error) }])
      .then(([status, body]) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      })
      .catch(() => response.destroy());
  });
  server.listen(Number(needed(env, 'LEGACY_PORT')), '127.0.0.1');
  process.on('SIGTERM', () => process.exit(0));
  for (;;) {
    // Its database may be away for a while.
    const worked = await workOff(pool, epochOf).catch(() => 0);
    if (worked === 0) await delay(IDLE_MS);
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}

/** From the queue into the tables, all or nothing. @returns how many events. */
async function workOff(pool: pg.Pool, epochOf: (slot: number) => number): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const { rows } = await client.query<{ event_id: string; line: LegacyLine }>(
      'delete from queue where id in (select id from queue order by id limit $1) returning event_id, line',
      [AT_ONCE],
    );
    for (const { event_id: eventId, line } of rows) {
      const { channel = null, claimer = null, amount = null, id = null } = line.data;
      const { rowCount } = await client.query(
        'insert into taken values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing',
        [eventId, channel, epochOf(line.slot), line.slot, line.signature, claimer, amount, id],
      );
      if (rowCount === 1 && claimer !== null)
        await client.query(
          "insert into claims (channel, user_pubkey, slot, claim_timestamp, status) values ($1, $2, $3, $4::timestamptz at time zone 'utc', 'pending')",
          [channel, claimer, line.slot, line.ts === '' ? null : line.ts],
        );
    }
    await client.query('commit');
    return rows.length;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

/** Sealing twice does nothing. All channels of the epochs in one transaction. */
async function seal(pool: pg.Pool, epochs: readonly number[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('lock table roots in share row exclusive mode');
    const { rows: trees } = await client.query<{ epoch: string; channel: string; claims: TakenClaim[] }>(
      `select t.epoch, t.channel, json_agg(json_build_object('event_id', t.event_id, 'slot', t.slot::text, 'signature', t.signature,
         'claimer', t.claimer, 'amount', t.amount, 'claim_id', t.claim_id)) as claims
       from taken t where t.claimer is not null and t.epoch = any($1)
         and not exists (select from roots r where r.epoch = t.epoch and r.channel = t.channel) group by 1, 2`,
      [epochs],
    );
    for (const { epoch, channel, claims } of trees) {
      const leaves = inOrder(claims).map(({ claimer, amount, claim_id: id }, index) =>
        leaf({ claimer, amount: BigInt(amount), id }, index),
      );
      const root = Buffer.from(merkleRoot(leaves)).toString('hex');
      await client.query(
        "insert into roots (epoch, channel, root, count, finalized_at, status) values ($1, $2, $3, $4, now() at time zone 'utc', 'ready_for_settlement')",
        [epoch, channel, root, claims.length],
      );
    }
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

function inOrder(claims: readonly TakenClaim[]): TakenClaim[] {
  const path = ({ event_id: id }: TakenClaim): number[] =>
    id
      .slice(id.lastIndexOf('/') + 1)
      .split('.')
      .map(Number);
  return [...claims].sort(
    (a, b) =>
      Number(a.slot) - Number(b.slot) ||
      Buffer.compare(base58.decode(a.signature), base58.decode(b.signature)) ||
      (path(a)[0] ?? 0) - (path(b)[0] ?? 0) ||
      (path(a)[1] ?? -1) - (path(b)[1] ?? -1),
  );
}

/** Publishes by epoch ascending; what the ring has gone past it takes for published, as the real one does. */
function publisher(env: NodeJS.ProcessEnv, pool: pg.Pool): () => Promise<void> {
  const connection = new Connection(needed(env, 'ANCHOR_PROVIDER_URL'), 'confirmed');
  const mint = needed(env, 'MINT_PUBKEY');
  const key = loadKeypair(needed(env, 'LEGACY_KEYPAIR'), undefined, 'LEGACY_KEYPAIR');
  const publishOne = async (channel: string, epoch: bigint, root: string): Promise<void> => {
    const [address] = channelStateAddress(mint, channel);
    const account = await connection.getAccountInfo(new PublicKey(address.toBytes()), 'confirmed');
    const state = account === null ? undefined : decodeChannelState(account.data);
    const isPassed = state !== undefined && ringSlotOf(state, epoch).epoch >= epoch;
    if (!isPassed) {
      const input = { payer: key.publicKey, mint, channel, epoch, root: Buffer.from(root, 'hex') };
      await submit(connection, [setChannelMerkleRoot(input)], [key]);
    }
    await pool.query("update roots set status = 'settled' where channel = $1 and epoch = $2", [channel, String(epoch)]);
  };
  return async () => {
    const { rows } = await pool.query<{ channel: string; epoch: string; root: string }>(
      "select channel, epoch, root from roots where status = 'ready_for_settlement' order by epoch, channel",
    );
    const channels = [...new Set(rows.map(({ channel }) => channel))];
    await Promise.all(
      channels.map(async (name) => {
        for (const { channel, epoch, root } of rows) {
          if (channel === name) await publishOne(channel, BigInt(epoch), root);
        }
      }),
    );
  };
}
