/** The numbers of epochs against rings that another publisher filled, with the real roles: nobody can be paid twice. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RootFinalized, SettlementRecord } from '../schemas/records.ts';
import { publications } from './recorded/publications.ts';
import { type LiveChain, startLiveChain } from './testing/live-chain.ts';
import { Platform } from './testing/platform.ts';
import type { RoleProcess } from './testing/role-process.ts';
import { until } from './testing/until.ts';

/** Of a publisher that counted hours; the traffic allocates in the epoch below the base. */
const LEGACY_EPOCH = 1_763_942_409n;
const BASE = LEGACY_EPOCH + 1n;
const OTHER_BASE = BASE + 1000n;
const LATER_BASE = OTHER_BASE + 1_000_000n;

let dir: string;
let live: LiveChain;
let platform: Platform;
let again: Platform | undefined;
let traffic: RoleProcess;
let firstRoles: RoleProcess[];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ao-base-'));
  live = await startLiveChain(dir);
  const traffic = {
    TRAFFIC_CHANNELS: 'kaicenat,lacy',
    TRAFFIC_FANS: '6',
    TRAFFIC_CLAIM_INTERVAL_MS: '100',
    GATEWAY_URL: 'http://127.0.0.1:2',
  };
  platform = await Platform.create({ ...live.env, ...traffic, EPOCH_BASE: BASE.toString() });
});

afterAll(async () => {
  await again?.stop();
  await platform?.stop();
  await live?.chain.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function rootsOf(whose: Platform): Promise<RootFinalized[]> {
  return (await whose.decoded(whose.topics.roots)).flatMap((record) =>
    record.name === 'RootFinalized' ? [record.value] : [],
  );
}

async function ledgerOf(whose: Platform): Promise<SettlementRecord[]> {
  const records = await whose.decoded(whose.topics.settlements);
  return records.flatMap((record) => (record.name === 'SettlementRecord' ? [record.value] : []));
}

const published = async (from: bigint): Promise<string[]> =>
  publications(await live.history())
    .filter(({ epoch, succeeded }) => succeeded && epoch >= from)
    .map(({ channel, epoch }) => `${channel} ${epoch}`);

describe('the base of the epochs, where a ring holds those of another publisher', () => {
  it('too low: the processor does not start and emits no root, and the check names the base to set', async () => {
    traffic = await platform.start('traffic', { ready: false });
    await until('the fans can claim', async () => (await published(LEGACY_EPOCH)).length === 2);
    const listener = await platform.start('listen');
    await until('the rings are told', () =>
      listener.log().some(({ msg }) => msg === 'the rings of the program are told'),
    );
    const refused = await platform.start('process', { env: { EPOCH_BASE: '0' }, ready: false });
    expect(await refused.exited).not.toBe('status 0');
    expect(refused.output()).toMatch(/EPOCH_BASE is 0: .*set EPOCH_BASE=1763942410 /);
    expect(await rootsOf(platform)).toEqual([]);
    const check = await platform.ao('epoch-base', 'check', '--json');
    expect(check.status).toBe(0);
    expect(JSON.parse(check.stdout)).toMatchObject({ base: BASE.toString(), channels: 2, begun: false });
  });

  it('cannot be changed once roots are on chain: the dry run shows by channel which claims would be payable twice', async () => {
    firstRoles = Object.values(await platform.startAll('process', 'settle'));
    await until('both channels have a root that is final', async () => {
      const done = (await ledgerOf(platform)).filter(({ status }) => status === 'FINALIZED');
      return new Set(done.map(({ channel }) => channel)).size === 2;
    });
    const { status, stdout, stderr } = await platform.ao(
      ...['epoch-base', 'change', '--to', OTHER_BASE.toString(), '--dry-run'],
    );
    expect(status).not.toBe(0);
    for (const channel of ['kaicenat', 'lacy'])
      expect(stdout).toMatch(new RegExp(`${channel}: \\d+ roots of epochs 17639424\\d+ .*could be paid a second time`));
    expect(stderr).toMatch(/is on chain: under another base its claims could be paid twice/);
  });

  it('changed all the same, under other topics: what is on chain is held, and no claim is published again', async () => {
    const roots = await rootsOf(platform);
    const before = (await ledgerOf(platform)).filter(({ status }) => status === 'FINALIZED');
    again = await Platform.create({ ...platform.env, ...freshNames(), EPOCH_BASE: OTHER_BASE.toString() });
    const other = again;
    await other.startAll('listen', 'process', 'settle');
    await until('the first root of each channel is held', async () => {
      const held = (await ledgerOf(other)).filter(({ status }) => status === 'HELD');
      return ['kaicenat', 'lacy'].every((name) =>
        held.some(({ channel, reason }) => channel === name && reason?.startsWith('CLAIMS_') === true),
      );
    });
    expect(before.length).toBeGreaterThan(0);
    const bytes = new Set((await rootsOf(other)).map(({ root }) => root));
    expect(roots.some(({ root }) => bytes.has(root))).toBe(true);
    expect(await published(OTHER_BASE)).toEqual([]);
    await other.stop();
    again = undefined;
  });

  it('changed for later epochs: they are published under numbers of their own, and no slot has two', async () => {
    const { gateway, sink } = await platform.startAll('sink', 'gateway');
    await traffic.stop();
    await platform.start('traffic', { ready: false, env: { GATEWAY_URL: await gateway.startedField('gateway') } });
    const change = ['epoch-base', 'change', '--to', LATER_BASE.toString(), '--later'];
    expect((await platform.ao(...change)).stderr).toMatch(/running members\. Stop ao-epoch-roots, ao-settlement, /);
    const before = await rootsOf(platform);
    for (const role of [...firstRoles, sink]) await role.stop();
    const { status, stdout } = await platform.ao(...change);
    expect(stdout).toMatch(/keeps its number, and no slot gets a second one/);
    const [, bases = '', fromSlot = ''] = /Now set EPOCH_BASE=(\d+,\d+@(\d+)) for/.exec(stdout) ?? [];
    expect(status).toBe(0);
    const env = { EPOCH_BASE: bases };
    await Promise.all(['process', 'settle', 'sink'].map((role) => platform.start(role, { env })));
    await until('each channel has a root under the later base on chain', async () => {
      const done = await published(LATER_BASE);
      return ['kaicenat', 'lacy'].every((name) => done.some((entry) => entry.startsWith(`${name} `)));
    });
    const roots = await rootsOf(platform);
    const numbered = new Map(roots.map(({ channel, startSlot, epoch }) => [`${channel} ${startSlot}`, epoch]));
    expect(before.length).toBeGreaterThan(0);
    for (const { channel, startSlot, epoch } of before) expect(numbered.get(`${channel} ${startSlot}`)).toBe(epoch);
    for (const { epoch, startSlot } of roots) expect(epoch >= LATER_BASE).toBe(startSlot >= Number(fromSlot));
    expect(numbered.size).toBe(roots.length);
    await until('the sink has made a tree of a later root again', async () => {
      const rows = await platform.rows<{ tree_state: string }>(
        `select tree_state from roots where epoch >= ${LATER_BASE}`,
      );
      return rows.some(({ tree_state }) => tree_state === 'built');
    });
    expect(await platform.rows(`select epoch from roots where tree_state = 'mismatch'`)).toEqual([]);
  });
});

/** Names of its own, not those of the first platform. */
function freshNames(): Record<string, string> {
  const name = `base_again_${process.pid}`;
  return { KAFKA_NAMESPACE: `${name}.`, DATABASE_SCHEMA: name };
}
