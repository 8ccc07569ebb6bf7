/** The commands that show what the gateway serves, against a real gateway. */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { storeClaim, storeStep } from '../graphql/testing/live-items.ts';
import { GatewayRig, type RunningGateway } from '../graphql/testing/rig.ts';
import { type SeededRoot, seedRoot } from '../graphql/testing/seed.ts';
import { runAo } from '../tests/testing/role-process.ts';
import { uniqueName } from '../tests/testing/stack.ts';

let rig: GatewayRig;
let gateway: RunningGateway;
let older: SeededRoot;
let newest: SeededRoot;

beforeAll(async () => {
  rig = await GatewayRig.create();
  gateway = await rig.start();
});

afterAll(async () => {
  await rig.stop();
});

const ao = (...args: string[]): ReturnType<typeof runAo> =>
  runAo([...args, '--gateway', gateway.url], {}, join(tmpdir(), uniqueName('ao')));

describe('before the first root', () => {
  it.each(['proof', 'claims'])('ao %s says that there is none and what to look at', async (command) => {
    const { status, stderr } = await ao(command);
    expect(status).toBe(1);
    expect(stderr).toMatch(/There is no root yet.*ao status/);
  });
});

describe('with roots', () => {
  beforeAll(async () => {
    older = await seedRoot(rig.pool, { channel: 'lofi', epoch: 3, count: 5, settled: false, amount: 7n });
    newest = await seedRoot(rig.pool, { channel: 'lacy', epoch: 4, count: 3, settled: false, amount: 9n });
  });

  it('ao roots lists them newest first, those of a channel alone, and says where there are more', async () => {
    const all = await ao('roots', '--json');
    expect(JSON.parse(all.stdout)).toMatchObject([
      { channel: 'lacy', epoch: '4', root: newest.tree.rootHex(), count: 3 },
      { channel: 'lofi', epoch: '3', root: older.tree.rootHex(), count: 5 },
    ]);
    const one = await ao('roots', 'lofi');
    expect(one.stdout).toContain(older.tree.rootHex().slice(0, 12));
    expect(one.stdout).not.toContain('lacy');
    expect((await ao('roots', '--first', '1')).stderr).toContain('--first 2');
  });

  it('ao claims lists those of the user that is named, else says whose it shows', async () => {
    const [, second = ''] = older.users;
    expect(JSON.parse((await ao('claims', second, '--json')).stdout)).toMatchObject([
      { channel: 'lofi', user: second, eventId: older.eventIds[1], amount: '7' },
    ]);
    const unnamed = await ao('claims', '--json');
    expect(unnamed.stderr).toContain(`claims of ${newest.users[0]}`);
    expect(JSON.parse(unnamed.stdout)).toMatchObject([{ channel: 'lacy', eventId: newest.eventIds[0] }]);
  });

  it('ao proof gives a bundle that ao verify holds true, and that is false with another amount', async () => {
    const { stdout } = await ao('proof', 'lofi', '3', '4', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      root: older.tree.rootHex(),
      claim: { index: 4, claimer: older.users[4] },
    });
    const file = join(tmpdir(), `${uniqueName('bundle')}.json`);
    const verify = (text: string): ReturnType<typeof runAo> => {
      writeFileSync(file, text);
      return runAo(['verify', file], {}, join(tmpdir(), uniqueName('ao')));
    };
    expect(await verify(stdout)).toMatchObject({ status: 0 });
    expect(await verify(stdout.replace('"amount":"7"', '"amount":"8"'))).toMatchObject({ status: 1 });
    const alone = await ao('verify');
    expect(alone).toMatchObject({ status: 0, stdout: '{"valid":true}\n' });
    expect(alone.stderr).toContain('leaf 0 of the newest root (lacy, epoch 4)');
    const shown = await ao('proof');
    expect(shown.stdout).toMatch(new RegExp(`root +${newest.tree.rootHex()}[^]*verified +yes`));
    expect((await ao('proof', 'lofi')).stdout).toContain(older.tree.rootHex());
  });

  it('ao explain draws the way of a leaf, as --json gives it', async () => {
    const { stdout } = await ao('explain', 'lofi', '3', '2', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      claim: { eventId: older.eventIds[2], user: older.users[2] },
      root: { root: older.tree.rootHex() },
    });
    const drawn = await ao('explain', 'lofi', '3', '2');
    expect(drawn.stdout).toMatch(
      new RegExp(`root ${older.tree.rootHex()}[^]*leaf 2 of 5[^]*${older.users[2]}[^]*transaction signature`),
    );
    expect((await ao('explain')).stderr).toContain('leaf 0 of the newest root (lacy, epoch 4)');
  });

  it('ao status shows what answers, and says why the rest is unknown', async () => {
    const there = {
      KAFKA_BROKERS: String(rig.env['KAFKA_BROKERS']),
      KAFKA_NAMESPACE: String(rig.env['KAFKA_NAMESPACE']),
    };
    const status = (env: Record<string, string>, ...args: string[]): ReturnType<typeof runAo> =>
      runAo(['status', '--gateway', gateway.url, ...args], env, join(tmpdir(), uniqueName('ao')));
    const frames = (await status(there, '--json', '--watch', '--times', '2', '--interval', '1')).stdout
      .trim()
      .split('\n');
    expect(frames.map((frame) => JSON.parse(frame) as unknown)).toEqual(
      Array.from(
        { length: 2 },
        () =>
          expect.objectContaining({
            health: { value: expect.objectContaining({ database: true }) as unknown },
            lag: { value: {} },
            chainSlot: { unknown: 'ANCHOR_PROVIDER_URL is not set' },
            slotsBehind: null,
            roots: {
              value: [expect.objectContaining({ channel: 'lacy' }), expect.objectContaining({ channel: 'lofi' })],
            },
          }) as unknown,
      ),
    );
    const shown = await status({ KAFKA_BROKERS: '127.0.0.1:1', ANCHOR_PROVIDER_URL: 'http://127.0.0.1:1' });
    expect(shown.stdout).toMatch(/lag +unknown: No broker answers/);
    expect(shown.stdout).toMatch(/root +lacy/);
  });

  it.each([
    [['proof', 'nobody'], /There is no such root: `ao roots`/],
    [['proof', 'lofi', '99'], /no root of epoch 99/],
    [['proof', 'lofi', '3', '5'], /has no leaf 5: it has 5 leaves/],
    [['proof', 'lofi', 'three'], /an epoch is a whole number/],
    [['explain', 'lofi', '3', '5'], /has no leaf 5/],
    [['roots', '--first', '0'], /must be a whole number above 0/],
  ])('ao %j is refused with what to say instead', async (args, sentence) => {
    const { status, stderr } = await ao(...args);
    expect(status).toBe(1);
    expect(stderr).toMatch(sentence);
  });

  it('ao follow prints stored claims, each once across two runs, and steps of settlement', async () => {
    const { pool, topics } = rig;
    const [user = ''] = older.users;
    for (const eventId of ['seen/0', 'seen/1'])
      await storeClaim(pool, topics.streamEvents, { channel: 'seen', user, eventId, partition: 1 });
    const file = join(tmpdir(), uniqueName('cursor'));
    const where = ['--channel', 'seen', '--after', 'beginning', '--cursor-file', file];
    for (const eventId of ['seen/0', 'seen/1']) {
      const { stdout } = await ao('follow', 'claims', ...where, '--limit', '1', '--json');
      expect(JSON.parse(stdout)).toMatchObject({ eventId, user });
    }
    rmSync(file);
    await storeStep(pool, topics.settlements, { channel: 'lofi', epoch: 3, root: older.tree.rootHex() });
    const step = await ao('follow', 'settlements', '--channel', 'lofi', '--after', 'beginning', '--limit', '1');
    expect(step.stdout).toBe('lofi, epoch 3: CONFIRMED by signature\n');
  });

  it('ao export proofs writes those of settled roots alone, as the gateway serves them, each once', async () => {
    const settled = await seedRoot(rig.pool, { channel: 'a b', epoch: 2, count: 19, settled: true, amount: 7n });
    await seedRoot(rig.pool, { channel: '..', epoch: 2, count: 1, settled: true, amount: 7n });
    const dir = join(tmpdir(), uniqueName('proofs'));
    const first = await ao('export', 'proofs', '--to', dir, '--json');
    expect(JSON.parse(first.stdout)).toEqual([{ channel: 'a b', epoch: '2', written: 19, kept: 0 }]);
    expect(first.status).toBe(1);
    expect(first.stderr).toContain('no file can have the name of channel ".."');
    expect(readdirSync(join(dir, 'api/v1/proofs'))).toEqual(['a b']);
    const served = await fetch(`${gateway.url}/api/v1/proofs/a%20b/2/18`);
    const file = readFileSync(join(dir, 'api/v1/proofs/a b/2/18'), 'utf8');
    expect(file).toBe(await served.text());
    expect(JSON.parse(file)).toMatchObject({ root: settled.tree.rootHex(), index: 18, settled: true });

    rmSync(join(dir, 'api/v1/proofs/a b/2/3'));
    const again = await ao('export', 'proofs', '--to', dir, '--channel', 'a b', '--json');
    expect(again.status).toBe(0);
    expect(JSON.parse(again.stdout)).toEqual([{ channel: 'a b', epoch: '2', written: 1, kept: 18 }]);
    rmSync(dir, { recursive: true });
  });
});
