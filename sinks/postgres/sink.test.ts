import { verifyProof } from '@attention-oracle/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { OutgoingRecord } from '../../runtime/kafka/records.ts';
import { foreignRecord } from '../../runtime/kafka/testing/registered-schema.ts';
import { readProof } from '../../runtime/postgres/proof-reader.ts';
import type { StartedRole } from '../../runtime/role.ts';
import { testStack } from '../../tests/testing/stack.ts';
import { type Dump, dump } from './testing/dump.ts';
import { kill, TestPlatform, until } from './testing/platform.ts';
import { type LogRecord, referenceClaims, referenceRoot } from './testing/reference-claims.ts';
import { TcpGate } from './testing/tcp-gate.ts';
import { type EventSpec, rootRecord, settlementRecord, signature, streamEvent, watermark } from './testing/world.ts';

const CONFIRMED = {
  commitment: 'confirmed',
  retracted: false,
  succeeded: true,
  action: 'claim',
  source: 'north',
} as const;

/** 40 confirmed claims of one channel in epoch 100, and the watermark that proves and finalises them. */
function epochOfClaims(): LogRecord[] {
  const events = Array.from({ length: 40 }, (_, n): EventSpec => ({ ...CONFIRMED, n, channel: 'ada', slot: n % 10 }));
  return [...events.map((spec) => ({ event: streamEvent(spec) })), { watermark: watermark('north', 0, 20) }];
}

function rootOf(log: readonly LogRecord[]): { root: string; count: number } {
  const found = referenceRoot(referenceClaims(log).values(), 'ada', 100, log.length - 1);
  if (found === undefined) throw new Error('the log has no claims');
  return found;
}

describe('the Postgres sink on a real broker, registry and database', () => {
  let platform: TestPlatform;
  const started: StartedRole[] = [];

  beforeAll(async () => {
    platform = await TestPlatform.create('sink_role');
  });
  afterEach(async () => {
    for (const sink of started.splice(0)) await sink.stop();
  });
  afterAll(() => platform.close());

  const log = epochOfClaims();
  const root = rootOf(log);
  const stream = (records: readonly LogRecord[]): OutgoingRecord[] =>
    records.map((record) =>
      'event' in record
        ? platform.record('streamEvents', 0, 'StreamEvent', record.event)
        : platform.record('streamEvents', 0, 'SlotWatermark', record.watermark),
    );
  const rootRecords = (): OutgoingRecord[] => [
    platform.record(
      'roots',
      0,
      'RootFinalized',
      rootRecord({ channel: 'ada', epoch: 100, sourceOffset: log.length - 1, ...root }),
    ),
  ];
  const ledger = (status: 'PENDING' | 'FINALIZED', at: number): OutgoingRecord =>
    platform.record(
      'settlements',
      0,
      'SettlementRecord',
      settlementRecord({ channel: 'ada', epoch: 100, root: root.root, status, attempt: 1, at }),
    );
  const isSettled = async (): Promise<boolean> =>
    (await platform.rows("select from claims where status = 'settled'")).length === root.count;
  let settledTables: Dump;

  it('takes claims, root and settlement in and serves proofs that verify, whichever topic comes first', async () => {
    await platform.send([ledger('PENDING', 1), ledger('FINALIZED', 2)]);
    await platform.send(rootRecords());
    started.push(await platform.start());
    await until('the settlement', async () => (await platform.rows('select from roots')).length === 1);
    await platform.send(stream(log));
    await until('settled claims', isSettled);
    const [row] = await platform.rows('select * from roots');
    expect(row).toMatchObject({ ...root, status: 'settled', tree_state: 'built', tx_signature: signature(101) });
    const claims = await platform.rows('select leaf_index from claims order by leaf_index');
    expect(claims.map((claim) => claim.leaf_index)).toEqual(Array.from({ length: root.count }, (_, i) => i));
    for (let leafIndex = 0; leafIndex < root.count; leafIndex += 1) {
      const request = { rootId: row?.id as number, leafCount: root.count, oddNode: 'duplicate', leafIndex } as const;
      const { leaf, proof } = await readProof(platform.database.pool, request);
      expect(verifyProof(leaf, proof, Buffer.from(root.root, 'hex'))).toBe(true);
    }
    settledTables = await dump(platform.database.pool);
  });

  it('puts what it cannot decode or store into the dead-letter topic and goes on', async () => {
    started.push(await platform.start());
    const nul = streamEvent({ ...CONFIRMED, n: 50, channel: 'bob', slot: 31 });
    const good = streamEvent({ ...CONFIRMED, n: 51, channel: 'bob', slot: 31 });
    nul.instruction.data.id = 'nul\0';
    await platform.send([
      { topic: platform.names.streamEvents, partition: 1, key: 'x', value: Buffer.from('not avro') },
      {
        topic: platform.names.streamEvents,
        partition: 1,
        key: 'x',
        value: await foreignRecord(testStack().registryUrl),
      },
      { topic: platform.names.streamEvents, partition: 1, key: 'x', value: null },
      platform.record(
        'streamEvents',
        1,
        'RootFinalized',
        rootRecord({ channel: 'bob', epoch: 103, sourceOffset: 0, ...root }),
      ),
      platform.record('streamEvents', 1, 'StreamEvent', nul),
      platform.record('streamEvents', 1, 'StreamEvent', good),
    ]);
    await until(
      'the good claim',
      async () => (await platform.rows(`select from claims where event_id = '${good.eventId}'`)).length === 1,
    );
    const letters = await platform.read('deadLetters', 5);
    expect(letters.map(({ headers }) => headers['ao-error-code']).sort()).toEqual([
      'CLAIM_INVALID',
      'RECORD_MALFORMED',
      'RECORD_MALFORMED',
      'RECORD_UNEXPECTED',
      'SCHEMA_FOREIGN',
    ]);
    expect(letters.find(({ headers }) => headers['ao-offset'] === '0')?.value?.toString()).toBe('not avro');
  });

  it('waits while the database is down, says that it is not ready, and loses nothing', async () => {
    const address = new URL(platform.env.DATABASE_URL ?? '');
    const gate = await TcpGate.open({ host: address.hostname, port: Number(address.port) });
    address.hostname = '127.0.0.1';
    address.port = String(gate.port);
    try {
      const sink = await platform.start({ DATABASE_URL: address.toString() });
      started.push(sink);
      await until('the group', async () => Object.values(sink.ready()).every(Boolean));
      gate.shut();
      const event = streamEvent({ ...CONFIRMED, n: 60, channel: 'bob', slot: 32 });
      await platform.send([platform.record('streamEvents', 1, 'StreamEvent', event)]);
      await until('not ready', async () => sink.ready().database === false);
      gate.reopen();
      await until(
        'the claim',
        async () => (await platform.rows(`select from claims where event_id = '${event.eventId}'`)).length === 1,
      );
      await until('ready again', async () => sink.ready().database === true);
      await started.pop()?.stop();
    } finally {
      await gate.close();
    }
  });

  it('reads on where the database stands, not where the group stands', async () => {
    await platform.database.clear();
    await platform.send(stream([{ watermark: watermark('north', 0, 20) }]));
    started.push(await platform.start());
    await until('settled claims from an empty database', isSettled);
    const { trees, settlements, roots } = await dump(platform.database.pool);
    expect({ trees, settlements, roots }).toEqual({
      trees: settledTables.trees,
      settlements: settledTables.settlements,
      roots: settledTables.roots,
    });
  });

  it('obeys a replay: lost rows come back, and the tree can be built again', async () => {
    const before = await dump(platform.database.pool);
    await platform.database.pool.query('delete from claims where stream_partition = 0 and stream_offset < 5');
    await platform.commitReplay('streamEvents', 0, 0);
    started.push(await platform.start());
    await until('the lost claims', async () => {
      return (await platform.rows("select from claims where channel = 'ada' and proven")).length === root.count;
    });
    await platform.database.pool.query("delete from tree_nodes; update roots set tree_state = 'pending'");
    await until('settled claims', isSettled);
    expect(await dump(platform.database.pool)).toEqual(before);
  });

  it('ends in the same rows when its processes are killed with SIGKILL again and again, two at a time', async () => {
    const other = await TestPlatform.create('sink_killed');
    const members = [other.spawn(), other.spawn()];
    try {
      const portions = 8;
      for (let i = 0; i < portions; i += 1) {
        const from = Math.floor((log.length * i) / portions);
        const to = Math.floor((log.length * (i + 1)) / portions);
        await other.send(stream(log.slice(from, to)).map((record) => ({ ...record, topic: other.names.streamEvents })));
        if (i === 2) await other.send(rootRecords().map((record) => ({ ...record, topic: other.names.roots })));
        if (i === 4) await other.send([{ ...ledger('PENDING', 1), topic: other.names.settlements }]);
        const [victim] = members.splice(i % 2, 1);
        if (victim !== undefined) await kill(victim);
        members.push(other.spawn());
      }
      await other.send([{ ...ledger('FINALIZED', 2), topic: other.names.settlements }]);
      await until(
        'settled claims',
        async () => (await other.rows("select from claims where status = 'settled'")).length === root.count,
      );
      for (const member of members.splice(0)) await kill(member);
      const { positions: _positions, coverage, ...tables } = await dump(other.database.pool);
      const { positions: _other, coverage: expectedCoverage, ...expected } = settledTables;
      expect(tables).toEqual(expected);
      expect(coverage).toEqual(expectedCoverage);
    } finally {
      for (const member of members) await kill(member);
      await other.close();
    }
  });
});
