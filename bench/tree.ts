import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { base58Encode, MerkleTree } from '@attention-oracle/sdk';
import { z } from 'zod';
import { sortCanonically } from '../domain/counted-claim.ts';
import { startStack } from '../local/stack/stack.ts';
import { removeStackData } from '../local/stack/stack-data.ts';
import { loadConfig, postgresConfig } from '../runtime/config.ts';
import { silentLogger } from '../runtime/logging.ts';
import { migrate } from '../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../runtime/postgres/pool.ts';
import { readProof } from '../runtime/postgres/proof-reader.ts';
import type { StoredClaim } from '../sinks/postgres/core/tree.ts';
import { BenchChild } from './measure/child-process.ts';

const CLAIMS = 1_000_000;
const INSERTED_AT_ONCE = 20_000;
const CLAIMS_A_SLOT = 40;
const PROOFS = 2000;
const TARGETS = { treeSeconds: 15, loopDelayMaxMs: 100, proofP99Ms: 5 };
const CHANNEL = 'bench';
const TOPIC = 'bench';

interface Built {
  readonly outcome: string;
  readonly seconds: number;
  readonly loopDelayMaxMs: number;
  readonly rssMb: number;
  readonly rssGrowthMb: number;
}

/** The sink's tree of a million claims of one channel and epoch, from rows to rows, and proofs read from it by SQL alone. */
export async function run(): Promise<object> {
  const dataDir = join(import.meta.dirname, '..', '.data', `bench-tree-${process.pid}`);
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  mkdirSync(dataDir, { recursive: true });
  const loadBefore = loadavg();
  const stackEnv = { AO_STACK: process.env.AO_STACK ?? 'embedded' };
  const stack = await startStack({ dataDir, fresh: true, durable: false, preferKnownPorts: false, env: stackEnv, log });
  const env = { DATABASE_URL: stack.databaseUrl, DATABASE_SCHEMA: 'bench' };
  const pool = createPool(loadConfig(z.object(postgresConfig), env), 'bench', silentLogger());
  const child = new BenchChild(new URL('./tree/tree-process.ts', import.meta.url));
  try {
    await migrate(pool, 'bench', silentLogger());
    await insertClaims(pool, log);
    log('building the tree');
    const built = await child.ask<Built>('build', { env, topic: TOPIC });
    if (built.outcome !== 'built') throw new Error(`the sink came to "${built.outcome}"`);
    const { proofP50Ms, proofP99Ms } = await timeProofs(pool);
    return {
      treeSeconds: round(built.seconds),
      loopDelayMaxMs: round(built.loopDelayMaxMs),
      rssMb: Math.round(built.rssMb),
      rssGrowthMb: Math.round(built.rssGrowthMb),
      proofP50Ms,
      proofP99Ms,
      claims: CLAIMS,
      targets: TARGETS,
      loadAverage: { before: loadBefore, after: loadavg() },
    };
  } finally {
    await child.stop();
    await pool.end();
    await stack.stop();
    await removeStackData(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function insertClaims(pool: Pool, log: (line: string) => void): Promise<void> {
  const claims: StoredClaim[] = [];
  for (let n = 0; n < CLAIMS; n += 1) {
    const signature = base58Encode(randomBytes(64));
    claims.push({
      ...{ rowId: n + 1, eventId: `${signature}/2`, slot: Math.floor(n / CLAIMS_A_SLOT), signature },
      ...{ claimer: base58Encode(randomBytes(32)), amount: BigInt(n), id: `twitch:${CHANNEL}:user${n}` },
    });
  }
  log(`inserting ${CLAIMS} claims`);
  for (let start = 0; start < CLAIMS; start += INSERTED_AT_ONCE) {
    const some = claims.slice(start, start + INSERTED_AT_ONCE);
    await pool.query(
      `insert into claims (id, channel, user_pubkey, slot, event_id, signature, epoch, amount, claim_id, commitment, proven, vouchers,
         stream_partition, stream_offset, proven_offset)
       select id, $1, claimer, slot, event, signature, 1, amount, claim, 'finalized', true, '{}', 0, id, id
       from unnest($2::int[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::numeric[], $8::text[])
         as u(id, claimer, slot, event, signature, amount, claim)`,
      [
        CHANNEL,
        some.map(({ rowId }) => rowId),
        some.map(({ claimer }) => claimer),
        some.map(({ slot }) => slot),
        some.map(({ eventId }) => eventId),
        some.map(({ signature }) => signature),
        some.map(({ amount }) => amount.toString()),
        some.map(({ id }) => id),
      ],
    );
  }
  const root = new MerkleTree(sortCanonically(claims)).rootHex();
  await pool.query(
    `insert into roots (epoch, channel, root, count, finalized_at, recipe, odd_node, start_slot, end_slot, finalized_slot,
       source_partition, source_offset, record_partition, record_offset)
     values (1, $1, $2, $3::int, now(), 'claim-v0', 'duplicate', 0, 431999, 432000, 0, $3::int, 0, 0)`,
    [CHANNEL, root, CLAIMS],
  );
  await pool.query('insert into sink_offsets (topic, partition, next_offset, highest_offset) values ($1, 0, $2, $2)', [
    TOPIC,
    CLAIMS + 1,
  ]);
  await pool.query('analyze claims');
}

async function timeProofs(pool: Pool): Promise<{ proofP50Ms: number; proofP99Ms: number }> {
  const { rows } = await pool.query<{ id: number }>('select id from roots');
  const times: number[] = [];
  for (let i = 0; i < PROOFS; i += 1) {
    const leafIndex = Math.floor((i * CLAIMS) / PROOFS);
    const startMs = performance.now();
    await readProof(pool, { rootId: rows[0]?.id ?? 0, leafCount: CLAIMS, oddNode: 'duplicate', leafIndex });
    times.push(performance.now() - startMs);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => round(times[Math.floor(share * (PROOFS - 1))] ?? Number.NaN);
  return { proofP50Ms: at(0.5), proofP99Ms: at(0.99) };
}

const round = (value: number): number => Math.round(value * 100) / 100;
