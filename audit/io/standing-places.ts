/** Where a root stands besides the event topic: the roots topic, the database, the chain. What cannot be read is said. */

import { mayPass, messageOf } from '../../runtime/errors.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../runtime/kafka/codec.ts';
import { readToEnd } from '../../runtime/kafka/topic-reader.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import type { RootFinalized } from '../../schemas/records.ts';
import { isUnreadable } from '../../sinks/settlement/core/ports.ts';
import { RpcChain } from '../../sinks/settlement/io/rpc-chain.ts';
import { RpcEndpoints } from '../../sinks/settlement/io/rpc-endpoints.ts';
import type { Held, HeldClaim } from '../core/compare-root.ts';

type Decoder = Pick<RecordCodec, 'prepare' | 'decode'>;

export interface RootName {
  readonly channel: string;
  readonly epoch: bigint;
}

/** What a place says, or why it says nothing. */
export async function orUnreadable(ask: () => Promise<Held>): Promise<Held> {
  try {
    return await ask();
  } catch (error) {
    return { kind: 'unreadable', reason: messageOf(error) };
  }
}

/** A root and where its record is. */
export interface PlacedRoot {
  readonly root: RootFinalized;
  readonly partition: number;
  readonly offset: number;
}

/** Every root on the topic, in order within a partition. @throws AppError where a record cannot be read now. */
export async function standingRoots(kafka: KafkaClient, codec: Decoder, topic: string): Promise<RootFinalized[]> {
  return (await placedRoots(kafka, codec, topic)).map(({ root }) => root);
}

/** As `standingRoots`, with the place of each. */
export async function placedRoots(kafka: KafkaClient, codec: Decoder, topic: string): Promise<PlacedRoot[]> {
  const found: PlacedRoot[] = [];
  await readToEnd({
    kafka,
    topic,
    onRecords: async (records, partition) => {
      await codec.prepare(records.map(({ value }) => value));
      for (const { value, offset } of records) {
        const root = rootIn(codec, value);
        if (root !== undefined) found.push({ root, partition, offset: Number(offset) });
      }
    },
  });
  return found;
}

export async function rootOnTopic(
  kafka: KafkaClient,
  codec: Decoder,
  topic: string,
  { channel, epoch }: RootName,
): Promise<Held> {
  const all = await standingRoots(kafka, codec, topic);
  const found = all.filter((root) => root.channel === channel && root.epoch === epoch);
  const [root, ...again] = found;
  if (root === undefined) return { kind: 'absent', reason: 'no record of it stands on the topic' };
  const problems = again.map((other) => `it stands on the topic again, as ${other.root}`);
  return { kind: 'root', root, problems };
}

export async function rootInDatabase(pool: Pool, { channel, epoch }: RootName): Promise<Held> {
  const { rows } = await pool.query<RootRow>(
    `select id, root, count, recipe, odd_node as "oddNode", start_slot as "startSlot", end_slot as "endSlot",
       finalized_slot as "finalizedSlot", source_partition as "sourcePartition", source_offset as "sourceOffset",
       tree_state as "treeState" from roots where channel = $1 and epoch = $2 and recipe is not null`,
    [channel, epoch.toString()],
  );
  const [row] = rows;
  if (row === undefined) return { kind: 'absent', reason: 'table roots has no row of it' };
  const { id, treeState, ...root } = row;
  if (treeState === 'pending') return { kind: 'absent', reason: 'its tree is not built yet' };
  const claims = await pool.query<Omit<HeldClaim, 'amount'> & { amount: string }>(
    `select event_id as "eventId", slot, user_pubkey as claimer, amount::text as amount, claim_id as id from claims
     where channel = $1 and epoch = $2 and root_id = $3 order by leaf_index, slot, id`,
    [channel, epoch.toString(), id],
  );
  const chunks = await pool.query<{ nodes: Buffer }>(
    'select nodes from tree_nodes where root_id = $1 and level = 0 order by chunk',
    [id],
  );
  return {
    kind: 'root',
    root,
    // A user has one leaf there, and the order of its claims is not kept.
    ...(root.recipe === 'participation'
      ? {}
      : { claims: claims.rows.map((claim) => ({ ...claim, amount: BigInt(claim.amount) })) }),
    leaves: Buffer.concat(chunks.rows.map(({ nodes }) => nodes)),
  };
}

type RootRow = Omit<RootFinalized, 'channel' | 'epoch' | 'finalizedAt'> & {
  readonly id: number;
  readonly treeState: 'pending' | 'built' | 'mismatch';
};

export interface ChainSettings {
  readonly urls: readonly string[];
  readonly timeoutMs: number;
  readonly mint: string | undefined;
  readonly programId: string;
}

export async function rootOnChain(
  { urls, timeoutMs, mint, programId }: ChainSettings,
  { channel, epoch }: RootName,
): Promise<Held> {
  if (mint === undefined) {
    return { kind: 'unreadable', reason: 'MINT_PUBKEY is not set, so the channel has no address to look at' };
  }
  const endpoints = new RpcEndpoints(urls, timeoutMs, new AbortController().signal);
  const chain = new RpcChain(endpoints, { mint, programId });
  const ring = (await chain.accounts([channel], undefined, 'finalized')).rings.get(channel);
  if (isUnreadable(ring)) return { kind: 'unreadable', reason: ring.unreadable };
  if (ring === undefined) return { kind: 'absent', reason: 'the channel has no account yet' };
  const slot = ring.find((one) => one.epoch === epoch);
  if (slot !== undefined) return { kind: 'root', root: { root: slot.root } };
  const place = ring[Number(epoch % BigInt(ring.length))];
  const isOver = place !== undefined && place.epoch > epoch;
  return {
    kind: 'absent',
    reason: isOver ? `the ring went on: its slot holds epoch ${place.epoch} now` : 'the root is not published yet',
  };
}

/** @throws AppError SCHEMA_NEWER: nobody knows which root it is. */
function rootIn(codec: Decoder, value: Buffer | null): RootFinalized | undefined {
  try {
    const record = codec.decode(value);
    return record.name === 'RootFinalized' ? record.value : undefined;
  } catch (error) {
    if (mayPass(error)) throw error;
    return undefined;
  }
}
