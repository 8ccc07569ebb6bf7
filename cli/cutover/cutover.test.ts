/** Steps of a cut-over on real parts: a legacy gateway as a process, the public port, the state in a database. */

import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Registry } from '@prometheus-io/client';
import { Takeover } from '../../graphql/io/takeover.ts';
import { pickPort } from '../../local/stack/ports.ts';
import { Holds } from '../../runtime/holds.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../../runtime/postgres/pool.ts';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { until } from '../../tests/testing/until.ts';
import { stepsLeft } from '../../transition/core/cutover.ts';
import { archiveLegacy } from './archive.ts';
import { type CutoverParts, whoAnswers } from './facts.ts';
import { readPlan } from './plan.ts';
import {
  adoptState,
  alone,
  append,
  arrive,
  giveGateway,
  noteStep,
  readLog,
  readState,
  setOut,
  signedBy,
} from './state.ts';
import { doStep } from './steps.ts';

const dir = mkdtempSync(join(tmpdir(), 'ao-cutover-'));
const schema = uniqueName('cutover');
const holds = new Holds(silentLogger(), new Registry());
let pool: Pool;
let gateway: Server;
let takeover: Takeover;
let parts: CutoverParts;

beforeAll(async () => {
  const settings = { DATABASE_URL: testStack().databaseUrl, DATABASE_SCHEMA: schema, DATABASE_POOL_SIZE: 4 };
  pool = createPool(settings, 'test', silentLogger());
  await migrate(pool, schema, silentLogger());
  gateway = createServer((_request, response) => response.end('{"data":{"__typename":"Query"}}')).listen(
    0,
    '127.0.0.1',
  );
  await once(gateway, 'listening');
  const port = await pickPort({ name: 'the public port' });
  takeover = new Takeover({ pool, http: gateway, host: '127.0.0.1', port, log: silentLogger(), holds });
  const pid = join(dir, 'legacy.pid');
  writeFileSync(
    join(dir, 'legacy.cjs'),
    `require('node:http').createServer((_, r) => r.end('{"status":"ok"}')).listen(${port}, '127.0.0.1');`,
  );
  const start = `${process.execPath} ${join(dir, 'legacy.cjs')} >/dev/null 2>&1 & echo $! > ${pid}`;
  const plan = {
    legacy: { database: testStack().databaseUrl, schema },
    publicUrl: `http://127.0.0.1:${port}`,
    gatewayUrl: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`,
    backups: { dir: join(dir, 'backups') },
    commands: {
      startLegacyGateway: start,
      stopLegacyGateway: `kill $(cat ${pid})`,
      ...{ stopLegacyListener: 'echo no such process >&2; exit 3', startLegacyListener: 'true' },
      ...{ stopLegacyAggregator: 'true', startLegacyAggregator: 'true', legacyQueueDepth: 'echo many' },
      ...{ startPublishing: 'true', stopPublishing: 'true' },
    },
    archive: { dir: join(dir, 'archive'), paths: [join(dir, 'legacy.cjs')] },
  };
  writeFileSync(join(dir, 'cutover.json'), JSON.stringify(plan));
  parts = { pool, schema, databaseUrl: testStack().databaseUrl, plan: readPlan(join(dir, 'cutover.json')) };
  await doStep('gateway-back', parts, 'back');
});

afterAll(async () => {
  await giveGateway(pool, 'legacy');
  await takeover.stop();
  process.kill(Number(readFileSync(join(dir, 'legacy.pid'), 'utf8')));
  gateway.closeAllConnections();
  gateway.close();
  await pool.query(`drop schema ${schema} cascade`);
  await pool.end();
  rmSync(dir, { recursive: true, force: true });
});

const refusedMs = (detail: string): number => Number(/for (\d+) ms/.exec(detail)?.[1]);

describe('the public port', () => {
  it('goes to the new gateway and back, says for how long nothing answered, and does nothing twice', async () => {
    for (let round = 0; round < 2; round += 1) {
      expect(refusedMs(await doStep('gateway-over', parts, '2'))).toBeGreaterThanOrEqual(0);
      expect(await whoAnswers(parts.plan.publicUrl)).toBe('ours');
      // Done again, it finds that it is done.
      expect(await doStep('gateway-over', parts, '2')).toMatch(/has the public port$/);
      expect(refusedMs(await doStep('gateway-back', parts, 'back'))).toBeGreaterThanOrEqual(0);
      // Not merely nobody, as between the two.
      expect(await whoAnswers(parts.plan.publicUrl)).toBe('other');
    }
  });

  it("is nobody's while nothing listens there, which is not the legacy gateway's answer", async () => {
    expect(await whoAnswers(`http://127.0.0.1:${await pickPort({ name: 'nobody' })}`)).toBe('nobody');
  });

  it('is held, not waited for in silence, while another process has it', async () => {
    await giveGateway(pool, 'new');
    await until('it is held', () => holds.all.some(({ code }) => code === 'PORT_TAKEN'));
    await giveGateway(pool, 'legacy');
    await until('nothing is held', () => holds.all.length === 0);
  });
});

describe('a step', () => {
  it.each([
    ['stop-legacy-listener', /command stopLegacyListener of the plan failed: no such process/],
    ['drain', /prints "many", which is no number of events/],
  ] as const)('that cannot be done holds with what to do: %s', async (step, message) => {
    await expect(doStep(step, parts, '2')).rejects.toMatchObject({
      code: 'CUTOVER_HELD',
      message: expect.stringMatching(message),
    });
  });

  it('archives the legacy tables and files, read back, and names them', async () => {
    await pool.query(
      "insert into claims (channel, user_pubkey, slot, status, event_id, signature, epoch, amount, claim_id, commitment, proven, vouchers, stream_partition, stream_offset) values ('lofi', 'u', 1, 'pending', 'e', 's', 1, 5, 'i', 'finalized', false, '{}', 0, 0)",
    );
    expect(await archiveLegacy(parts)).toMatch(/holds 1 of claims, 0 of roots and .*legacy\.cjs/);
    const names = readdirSync(parts.plan.archive.dir).sort();
    expect(names).toEqual([
      expect.stringMatching(/^legacy_data_archive_\d{8}T\d{6}\.tar\.gz$/),
      expect.stringMatching(/\.tar\.gz\.sha256$/),
    ]);
  });
});

describe('the state', () => {
  it('is gone on with behind the last step that was done, by one at a time, and a signature counts for one way', async () => {
    await setOut(pool, '1');
    await arrive(pool, '1');
    await append(pool, { toward: '2', kind: 'sign-off', name: 'phase 2', who: 'Ada', detail: 'parity' });
    expect(await signedBy(pool, '2')).toBe('Ada');
    await setOut(pool, '2');
    await noteStep(pool, '2', 'drain', 'done');
    await alone(pool, schema, async () => {
      await expect(alone(pool, schema, async () => undefined)).rejects.toMatchObject({ code: 'CUTOVER_HELD' });
      expect(stepsLeft(await setOut(pool, '2'))).toEqual(['last-parity', 'stop-legacy-aggregator', 'publish']);
    });
    await expect(setOut(pool, '3')).rejects.toMatchObject({ code: 'CUTOVER_HELD' });
    await setOut(pool, 'back');
    await arrive(pool, 'back');
    expect(await readState(pool)).toMatchObject({ phase: 0, toward: null, step: null });
    expect(await signedBy(pool, '2')).toBeNull();
  });

  it('says who publishes: the legacy system from the first way on, ours from the step publish on, until it is taken back', async () => {
    const publisher = async (): Promise<string | null> =>
      (await pool.query<{ publisher: string | null }>('select publisher from cutover')).rows[0]?.publisher ?? null;
    await pool.query('update cutover set publisher = null');
    await setOut(pool, '1');
    expect(await publisher()).toBe('legacy');
    await arrive(pool, '1');
    await doStep('publish', parts, '2');
    expect(await publisher()).toBe('new');
    await setOut(pool, 'back');
    expect(await publisher()).toBe('new');
    await doStep('stop-publishing', parts, 'back');
    expect(await publisher()).toBe('legacy');
  });

  it('is taken over into a new schema with its log, once, and only from a schema that has one', async () => {
    const next = uniqueName('cutover_next');
    const settings = { DATABASE_URL: testStack().databaseUrl, DATABASE_SCHEMA: next, DATABASE_POOL_SIZE: 2 };
    const other = createPool(settings, 'test', silentLogger());
    try {
      await migrate(other, next, silentLogger());
      await expect(adoptState(other, 'nowhere')).rejects.toMatchObject({ code: 'OPTION_INVALID' });
      await adoptState(other, schema);
      expect(await readState(other)).toEqual(await readState(pool));
      expect(await readLog(other)).toEqual(await readLog(pool));
      await expect(adoptState(other, schema)).rejects.toMatchObject({ code: 'CUTOVER_HELD' });
    } finally {
      await other.query(`drop schema ${next} cascade`);
      await other.end();
    }
  });
});
