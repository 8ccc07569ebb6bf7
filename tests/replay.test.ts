import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Archive } from '../audit/io/archive.ts';
import type { Chain } from '../local/chain/start-chain.ts';
import { withAdmin } from '../runtime/kafka/admin.ts';
import { Platform, type StoredRecord } from './testing/platform.ts';
import { EXPECTED, rootLines, startRecordedChain } from './testing/recorded-chain.ts';
import { type RoleProcess, runAo } from './testing/role-process.ts';
import { dumpTables, type TableDump } from './testing/table-dump.ts';
import { until, untilNone } from './testing/until.ts';

let chain: Chain;
let platform: Platform;
let processor: RoleProcess;
let sink: RoleProcess;
let before: TableDump;
let firstRoots: StoredRecord[];

const group = (name: string): string => `${platform.env['KAFKA_NAMESPACE']}${name}`;

/** Next offset of a group on each partition of a topic. */
async function committed(groupId: string, topic: string): Promise<string[]> {
  const found = await withAdmin(platform.kafka, (admin) => admin.committed(groupId, [topic]));
  return [...(found.get(topic) ?? [])].map(([partition, { offset }]) => `${partition}:${offset ?? -1}`).sort();
}

/** Waits until the sink holds every root with its tree, and gives its rows. */
function whenStored(of: Platform): Promise<TableDump> {
  return until('every root is stored and its tree built', async () => {
    const built = await of.rows(`select from roots where tree_state = 'built'`);
    return built.length >= EXPECTED.length && dumpTables(of);
  });
}

beforeAll(async () => {
  chain = await startRecordedChain();
  platform = await Platform.create({ ANCHOR_PROVIDER_URL: chain.rpcUrl, ANCHOR_WS_URL: chain.wsUrl });
  const roles = await platform.startAll('listen', 'process', 'sink');
  ({ process: processor, sink } = roles);
  before = await whenStored(platform);
  firstRoots = await platform.records(platform.topics.roots);
});

afterAll(async () => {
  await platform?.stop();
  await chain?.stop();
});

describe("the operators' tools", () => {
  it('show the records of a topic, decoded', async () => {
    const { status, stdout } = await platform.ao('tail', 'ao.roots.v1', '--no-follow');
    expect(status).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { record: string; value: TailedRoot });
    expect(new Set(lines.map(({ record }) => record))).toEqual(new Set(['RootFinalized']));
    expect(rootLines(lines.map(({ value }) => value))).toEqual(rootLines(EXPECTED));
  });

  it('show how far each group is behind', async () => {
    const { status, stdout } = await platform.ao('lag', '--json');
    expect(status).toBe(0);
    const rows = JSON.parse(stdout) as { group: string; topic: string; partition: number; lag: string }[];
    for (const name of ['ao-epoch-roots', 'ao-postgres-sink']) {
      const own = rows.filter((row) => row.group === group(name) && row.topic === platform.topics.streamEvents);
      expect(own.map(({ partition }) => partition)).toEqual([0, 1, 2]);
      for (const { lag } of own) expect(Number(lag)).toBeLessThan(50);
    }
  });

  it('show no dead letters where there are none', async () => {
    expect(await platform.ao('dlq', 'list', '--json')).toMatchObject({ status: 0, stdout: '' });
  });
});

describe('ao verify root', () => {
  const [wanted] = EXPECTED;
  const verify = async (env: Readonly<Record<string, string>>, ...args: string[]): Promise<Verification> => {
    const name = ['--channel', wanted?.channel ?? '', '--epoch', String(wanted?.epoch)];
    const command = ['verify', 'root', ...name, ...args, '--json'];
    const { status, stdout } = await runAo(command, { ...platform.env, ...env }, join(tmpdir(), platform.schema));
    return { status, ...(JSON.parse(stdout) as Omit<Verification, 'status'>) };
  };
  const verdicts = ({ findings }: Verification): string[] => findings.map(({ verdict }) => verdict);

  it('finds the root of the topic alone on the roots topic and in the database', async () => {
    const verified = await verify({}, '--without', 'chain');
    expect(verified).toMatchObject({ status: 0, verdict: 'equal', rebuilt: { kind: 'root', root: wanted?.root } });
    expect(verdicts(verified)).toEqual(['equal', 'equal', 'left out']);
  });

  it('finds every root again by ao verify roots, and tells what other rules would change', async () => {
    const roots = async (
      env: Readonly<Record<string, string>>,
    ): Promise<{ status: number | null; totals: unknown }> => {
      const where = join(tmpdir(), platform.schema);
      const { status, stdout } = await runAo(['verify', 'roots', '--json'], { ...platform.env, ...env }, where);
      return { status, totals: (JSON.parse(stdout) as { totals: unknown }).totals };
    };
    const none = { changed: 0, gone: 0, new: 0, unknown: 0 };
    expect(await roots({})).toEqual({ status: 0, totals: { ...none, equal: EXPECTED.length } });
    const changed = { ...none, equal: 0, changed: EXPECTED.length };
    expect(await roots({ ROOT_RECIPE: 'claim-v1' })).toEqual({ status: 1, totals: changed });
  });

  it('comes to the same roots and rows beside the living roles by ao rebuild, swaps on a word, goes back, and leaves nothing behind', async () => {
    const name = `${platform.schema}_side`;
    const rebuild = async (...args: string[]): Promise<{ status: number | null; told: Rebuilt }> => {
      const { status, stdout, stderr } = await platform.ao('rebuild', ...args, '--name', name, '--json');
      expect(stdout === '' ? stderr : '').toBe('');
      return { status, told: JSON.parse(stdout) as Rebuilt };
    };
    const say = (...args: string[]): ReturnType<typeof platform.ao> => platform.ao('rebuild', ...args, '--name', name);
    const topics = (): Promise<string[]> =>
      withAdmin(platform.kafka, async (admin) => [...(await admin.topics())].filter((topic) => topic.startsWith(name)));
    const schemas = (): Promise<unknown[]> =>
      platform.rows('select nspname from pg_namespace where nspname in ($1, $2)', [name, `${platform.schema}_before`]);
    expect(await rebuild('--dry-run')).toMatchObject({ status: 0, told: { dryRun: true, schema: name } });
    expect(await topics()).toEqual([]);
    await platform.pool.query(`create schema ${name}`);
    expect((await say()).stderr).toMatch(/is there already: take it away/);
    await platform.pool.query(`drop schema ${name}`);

    const [claim] = await platform.rows<{ event_id: string }>(
      'select event_id from claims where leaf_index = 1 limit 1',
    );
    const change = (by: number): Promise<unknown> =>
      platform.pool.query('update claims set amount = amount + $2 where event_id = $1', [claim?.event_id, by]);
    await change(1);
    const altered = await dumpTables(platform);
    const { status, told } = await rebuild('--keep');
    expect(told).toMatchObject({
      equalRoots: EXPECTED.length,
      roots: [],
      rows: [{ eventId: claim?.event_id, change: 'changed', columns: ['amount'] }],
    });
    expect(status).toBe(1);

    expect((await say('swap', '--yes')).stderr).toMatch(/ao-postgres-sink has 1 running members/);
    await sink.stop();
    expect(await dumpTables(platform)).toEqual(altered);
    expect(await rebuild('swap', '--yes')).toMatchObject({
      status: 0,
      told: { swapped: true, form: 'tables', changedRoots: 0, rows: 1 },
    });
    sink = await platform.start('sink');
    expect(await whenStored(platform)).toEqual(before);
    const places = await platform.rows<{ place: string }>(
      `select record_partition || ' ' || record_offset as place from roots order by 1`,
    );
    expect(places.map(({ place }) => place)).toEqual(
      firstRoots.map(({ partition, offset }) => `${partition} ${offset}`).sort(),
    );

    await sink.stop();
    expect(await say('back', '--yes')).toMatchObject({ status: 0 });
    expect(await dumpTables(platform)).toEqual(altered);
    await change(-1);
    sink = await platform.start('sink');
    expect(await say('drop', '--yes')).toMatchObject({ status: 0 });
    await until('its topics are gone', async () => (await topics()).length === 0);
    expect(await schemas()).toEqual([]);
    expect(await dumpTables(platform)).toEqual(before);
    expect((await platform.records(platform.topics.roots)).map(lineOf)).toEqual(firstRoots.map(lineOf));
  });

  it('never counts as equal what nobody could read', async () => {
    const nowhere = 'http://127.0.0.1:2';
    const silent = await verify({ DATABASE_URL: 'postgresql://127.0.0.1:2/nothing', ANCHOR_PROVIDER_URL: nowhere });
    expect(silent).toMatchObject({ status: 3, verdict: 'unknown' });
    expect(verdicts(silent)).toEqual(['equal', 'unreadable', 'unreadable']);
    const noKafka = await verify({ KAFKA_BROKERS: '127.0.0.1:2' }, '--without', 'chain');
    expect(noKafka).toMatchObject({ status: 3, rebuilt: { kind: 'unknown' } });
    expect(verdicts(noKafka)).toEqual(['unreadable', 'unreadable', 'left out']);
  });

  it('names the claim that somebody changed in the database', async () => {
    const change = (by: number): Promise<unknown> =>
      platform.pool.query(
        'update claims set amount = amount + $3 where channel = $1 and epoch = $2 and leaf_index = 0',
        [wanted?.channel, String(wanted?.epoch), by],
      );
    await change(1);
    const verified = await verify({}, '--without', 'chain').finally(() => change(-1));
    expect(verified).toMatchObject({ status: 1, verdict: 'differs' });
    expect(verified.findings[1]?.reasons).toEqual([
      expect.stringMatching(/^claim 0 \(.+\): amount is \d+, the topic gives/),
    ]);
  });
});

describe('ao export archive', () => {
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  const at = (file: string): string => join(tmpdir(), platform.schema, file);

  it('writes every record as it stands, with schemas, digests and a signature that ao verify archive holds', async () => {
    mkdirSync(join(tmpdir(), platform.schema), { recursive: true });
    writeFileSync(at('key.pem'), key, { mode: 0o600 });
    const { status, stderr } = await platform.ao(
      'export',
      'archive',
      '--to',
      at('archive'),
      '--key',
      at('key.pem'),
      '--json',
    );
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(await platform.ao('verify', 'archive', at('archive'), '--json')).toMatchObject({ status: 0 });

    const archive = Archive.open(at('archive'));
    for (const name of ['ao.stream-events.v1', 'ao.roots.v1'] as const) {
      const topic = name === 'ao.roots.v1' ? platform.topics.roots : platform.topics.streamEvents;
      const archived: string[] = [];
      for (const one of archive.topic(name).partitions) {
        for await (const record of archive.records(one)) archived.push(lineOf({ partition: one.partition, ...record }));
      }
      const stored = new Set((await platform.records(topic)).map(lineOf));
      expect(archived.filter((line) => !stored.has(line))).toEqual([]);
      // The listener goes on writing meanwhile; roots are all there.
      if (name === 'ao.roots.v1') expect(archived).toHaveLength(stored.size);
      else expect(archived.length).toBeGreaterThan(EXPECTED.length);
    }
    const slots = archive.topic('ao.stream-events.v1').partitions.flatMap((one) => one.slots);
    expect(slots.length).toBeGreaterThan(EXPECTED.length / 10);

    const [wanted] = EXPECTED;
    const name = ['--channel', wanted?.channel ?? '', '--epoch', String(wanted?.epoch)];
    const offline = ['--archive', at('archive'), '--without', 'roots,chain', '--json'];
    const verified = await platform.ao('verify', 'root', ...name, ...offline);
    expect({ ...verified, stdout: JSON.parse(verified.stdout) as unknown }).toMatchObject({
      status: 0,
      stdout: { verdict: 'equal', rebuilt: { root: wanted?.root } },
    });
  });

  it('agrees with the deployment that it was made of, and so does the deployment with itself, by ao diff', async () => {
    const archived = await platform.ao('diff', '--with', at('archive'), '--json');
    expect({ ...archived, stdout: JSON.parse(archived.stdout) as unknown }).toMatchObject({
      status: 0,
      stdout: { verdict: 'equal', compared: [{}] },
    });
    const { SCHEMA_REGISTRY_URL: registry = '', KAFKA_NAMESPACE: namespace, KAFKA_BROKERS: brokers } = platform.env;
    const itself = `kafka://${brokers}?registry=${encodeURIComponent(registry)}&namespace=${namespace}`;
    expect(await platform.ao('diff', '--with', itself)).toMatchObject({ status: 0 });
    const nowhere = await platform.ao('diff', '--with', 'kafka://127.0.0.1:2?registry=http://127.0.0.1:2');
    expect(nowhere.status).toBe(3);
    expect(nowhere.stdout).toMatch(/^Cannot be told: /);
  });

  it('gives a new deployment by ao bootstrap, which emits no root again and comes to the same rows', async () => {
    const name = `${platform.schema}_second`;
    const second = await Platform.create({ ...platform.env, KAFKA_NAMESPACE: `${name}.`, DATABASE_SCHEMA: name });
    try {
      const other = await runAo(['bootstrap', at('archive')], { ...second.env, ROOT_RECIPE: 'claim-v1' }, at('other'));
      expect(other.status).toBe(1);
      expect(other.stderr).toMatch(/made under other rules .*ROOT_RECIPE/);
      const dry = await second.ao('bootstrap', at('archive'), '--dry-run', '--json');
      expect({ ...dry, stdout: JSON.parse(dry.stdout) as unknown }).toMatchObject({
        status: 0,
        stdout: { dryRun: true },
      });
      expect(await second.records(second.topics.roots)).toEqual([]);

      expect(await second.ao('bootstrap', at('archive'), '--json')).toMatchObject({ status: 0 });
      const restored = (await second.records(second.topics.roots)).map(lineOf);
      expect(restored).toEqual(firstRoots.map(lineOf));
      await second.startAll('process', 'sink');
      expect(await whenStored(second)).toEqual(await dumpTables(platform));
      expect((await second.records(second.topics.roots)).map(lineOf)).toEqual(restored);

      const again = await second.ao('bootstrap', at('archive'));
      expect(again.status).toBe(1);
      expect(again.stderr).toMatch(/holds rows of a deployment: set DATABASE_SCHEMA/);
    } finally {
      await second.stop();
    }
  });

  it('is refused once a byte of it has changed, and under a key that did not sign it', async () => {
    const file = at('archive/ao.roots.v1/0.avro');
    const bytes = readFileSync(file);
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const changed = await platform.ao('verify', 'archive', at('archive'));
    expect(changed.status).toBe(1);
    expect(changed.stderr).toContain('ao.roots.v1/0.avro is not the file that was signed');
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
    writeFileSync(at('other.pem'), other);
    const untrusted = await platform.ao('verify', 'archive', at('archive'), '--public-key', at('other.pem'));
    expect(untrusted.status).toBe(1);
    expect(untrusted.stderr).toMatch(/not signed by/);
  });
});

describe('the event topic processed again', () => {
  it('from the beginning by a group that was forgotten, or that ao replay reset, gives no root twice', async () => {
    const fresh = { offset: undefined, metadata: '' };
    const isCaughtUp = async (): Promise<boolean> => {
      const topic = platform.topics.streamEvents;
      return withAdmin(platform.kafka, async (admin) => {
        const places = (await admin.committed(group('ao-epoch-roots'), [topic])).get(topic);
        const bounds = await admin.bounds(topic);
        // A checkpoint is written only once everything that stood came out again the same.
        return [...bounds].every(([partition, { high }]) => {
          const { offset, metadata } = places?.get(partition) ?? fresh;
          return high === 0n || (metadata.startsWith('{') && offset !== undefined && high - offset <= 2n);
        });
      });
    };
    await processor.stop();
    await withAdmin(platform.kafka, (admin) => admin.deleteGroup(group('ao-epoch-roots')));
    processor = await platform.start('process');
    await until('the forgotten group has caught up', isCaughtUp);
    await processor.stop();
    const { status } = await platform.ao(
      'replay',
      '--group',
      'ao-epoch-roots',
      '--topic',
      'ao.stream-events.v1',
      '--to-beginning',
      '--yes',
    );
    expect(status).toBe(0);
    processor = await platform.start('process');
    await until('the reset group has caught up', isCaughtUp);
    expect(await platform.records(platform.topics.roots)).toHaveLength(firstRoots.length);
  });

  it('changes no row', async () => {
    expect(await dumpTables(platform)).toEqual(before);
    expect(await platform.rows('select from roots')).toHaveLength(EXPECTED.length);
  });

  it('is refused by ao replay while the group runs', async () => {
    const { status, stderr } = await platform.ao(
      'replay',
      '--group',
      'ao-postgres-sink',
      '--topic',
      'ao.stream-events.v1',
      '--to-beginning',
      '--yes',
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/running members/);
  });

  it('is only shown by ao replay --dry-run', async () => {
    await sink.stop();
    const offsets = await committed(group('ao-postgres-sink'), platform.topics.streamEvents);
    const { status, stdout } = await platform.ao(
      'replay',
      '--group',
      'ao-postgres-sink',
      '--topic',
      'ao.stream-events.v1',
      '--to-beginning',
      '--dry-run',
      '--json',
    );
    expect(status).toBe(0);
    const moves = JSON.parse(stdout) as { partition: number; from: string; to: string }[];
    expect(moves.map(({ partition, from }) => `${partition}:${from}`).sort()).toEqual(offsets);
    expect(moves.map(({ to }) => to)).toEqual(['0', '0', '0']);
    expect(await committed(group('ao-postgres-sink'), platform.topics.streamEvents)).toEqual(offsets);
  });

  it('by ao replay of the sink brings back rows that were lost, and changes no other', async () => {
    await platform.rows('delete from published_roots');
    await platform.rows('delete from epochs');
    for (const topic of ['ao.stream-events.v1', 'ao.roots.v1', 'ao.settlements.v1']) {
      const replay = await platform.ao(
        'replay',
        '--group',
        'ao-postgres-sink',
        '--topic',
        topic,
        '--to-beginning',
        '--yes',
      );
      expect(replay).toMatchObject({ status: 0 });
    }
    sink = await platform.start('sink');
    // Transaction markers end a partition and are no records: what was read at once before may end behind them now.
    const behind = () =>
      platform.rows('select topic, partition from sink_offsets where highest_offset - next_offset > 2');
    expect(await untilNone(behind)).toEqual([]);
    await until(
      'what was published is there',
      async () => (await platform.rows('select from published_roots')).length >= before.published_roots.length,
    );
    await until('epochs have the time of their roots again', async () => {
      const open = await platform.rows(
        'select from epochs e where finalized_at is null and exists (select from roots r where r.epoch = e.epoch)',
      );
      return open.length === 0;
    });
    expect(await dumpTables(platform)).toEqual(before);
  });

  it('into an empty database gives all rows again', async () => {
    await sink.stop();
    await platform.rows(`drop schema ${platform.schema} cascade`);
    sink = await platform.start('sink');
    const again = await until('all rows are there', async () => {
      const found = await whenStored(platform);
      return found.published_roots.length >= before.published_roots.length && found;
    });
    expect(again).toEqual(before);
  });
});

function lineOf(
  record: Pick<StoredRecord, 'partition'> & { readonly offset: bigint | number; readonly value: Buffer | null },
): string {
  return `${record.partition} ${record.offset} ${record.value?.toString('base64')}`;
}

interface Rebuilt {
  readonly equalRoots: number;
  readonly roots: readonly unknown[];
  readonly rows: readonly unknown[];
}

interface Verification {
  readonly status: number | null;
  readonly verdict: string;
  readonly rebuilt: { readonly kind: string; readonly root?: string };
  readonly findings: readonly {
    readonly place: string;
    readonly verdict: string;
    readonly reasons: readonly string[];
  }[];
}

interface TailedRoot {
  readonly channel: string;
  readonly epoch: string;
  readonly root: string;
  readonly count: number;
}
