import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '../../runtime/logging.ts';
import { type StartedRole, startRole } from '../../runtime/role.ts';
import { runAo } from '../../tests/testing/role-process.ts';
import { until } from '../../tests/testing/until.ts';
import { role } from './main.ts';
import { Receiver, SECRET } from './testing/receiver.ts';
import { WebhooksRig } from './testing/rig.ts';

const OTHER_SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;

let rig: WebhooksRig;
let acme: Receiver;
let other: Receiver;
let running: StartedRole | undefined;
let ids = 0;

beforeAll(async () => {
  rig = await WebhooksRig.start();
});
beforeEach(async () => {
  acme = await Receiver.start();
  other = await Receiver.start();
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await Promise.all([acme.stop(), other.stop()]);
});
afterAll(() => rig.stop());

/** Registers endpoints under ids that no other test has, for channels that no other has. @returns their ids. */
function register(...entries: readonly { readonly url: string; readonly [field: string]: unknown }[]): string[] {
  const named = entries.map((entry) => ({ id: `endpoint-${(ids += 1)}`, ...entry }));
  rig.register(...named);
  return named.map(({ id }) => id);
}

async function start(): Promise<StartedRole> {
  running = await startRole(role, rig.env, silentLogger());
  return running;
}

const epochsOf = (receiver: Receiver, channel: string): string[] =>
  receiver.once(channel).map(({ type, data }) => `${type} ${'epoch' in data ? data.epoch : ''}`);

describe('webhooks', () => {
  it('delivers roots and steps signed, exact, filtered, each root before its settlement', async () => {
    const root = await rig.roots('first', [18_446]);
    await rig.step('first', 18_446, root, { status: 'PENDING', feeLamports: 18_446_744_073_709_551_615n });
    await rig.step('first', 18_446, root);
    await rig.roots('unwanted', [1]);
    register(
      { url: acme.url, channels: ['First'] },
      { url: other.url, channels: ['first'], kinds: ['settlementUpdated'], statuses: ['FINALIZED'] },
    );
    await start();
    await until('both have all', () => acme.taken.length >= 3 && other.taken.length > 0);
    expect(acme.once().map(({ type, data }) => [type, 'status' in data ? data.status : null])).toEqual([
      ['rootFinalized', null],
      ['settlementUpdated', 'PENDING'],
      ['settlementUpdated', 'FINALIZED'],
    ]);
    expect(other.once().map(({ type }) => type)).toEqual(['settlementUpdated']);
    expect(acme.once()[0]).toMatchObject({
      timestamp: '2025-11-18T00:00:00.000Z',
      data: { channel: 'first', epoch: '18446', startSlot: '184460', oddNode: 'DUPLICATE', count: 3 },
    });
    expect(acme.once()[1]?.data).toMatchObject({ feeLamports: '18446744073709551615', slot: '7', attempt: 1 });
    expect(new Set(acme.seen.map(({ id }) => id)).size).toBe(3);
  });

  it('goes on to deliver to the others while one endpoint is dead, and to it in order once it is back', async () => {
    const { port } = acme;
    register({ url: acme.url, channels: ['dead'] }, { url: other.url, channels: ['dead'] });
    await acme.stop();
    await start();
    await rig.roots('dead', [1, 2, 3]);
    await until('the other has all', () => other.once('dead').length === 3);
    acme = await Receiver.start(port);
    await until('the dead one has all', () => acme.once('dead').length === 3);
    expect(epochsOf(acme, 'dead')).toEqual(['rootFinalized 1', 'rootFinalized 2', 'rootFinalized 3']);
  });

  it('lets other channels pass while an endpoint fails for one of them', async () => {
    let isMended = false;
    acme.answering = ({ message: { data } }) => ('channel' in data && data.channel === 'ill' && !isMended ? 503 : 200);
    register({ url: acme.url, channels: ['ill', 'well'] });
    await start();
    await rig.roots('ill', [1, 2]);
    await rig.roots('well', [1, 2]);
    await until('the well one is through', () => acme.once('well').length === 2);
    expect(acme.once('ill')).toEqual([]);
    isMended = true;
    await until('the ill one is through', () => acme.once('ill').length === 2);
    expect(epochsOf(acme, 'ill')).toEqual(['rootFinalized 1', 'rootFinalized 2']);
  });

  it.each([
    ['404', 404],
    ['405', 405],
    ['410', 410],
    ['401', 401],
    ['a redirect', 302],
  ])('holds an endpoint that answers %s, not ready, loses nothing and goes on by itself', async (what, status) => {
    const channel = `moved-${status}`;
    acme.answering = () => status;
    const [id = ''] = register({ url: acme.url, channels: [channel] }, { url: other.url, channels: [channel] });
    const sender = await start();
    await rig.roots(channel, [1, 2]);
    await until(`a second try after ${what}`, () => acme.seen.length > 1);
    await until('the other has all', () => other.once(channel).length === 2);
    expect(sender.held()).toMatchObject([{ subject: `the endpoint ${id}`, code: 'WEBHOOK_MISCONFIGURED' }]);
    expect(sender.held()[0]?.reason).toContain(`it answers status ${status}`);
    acme.answering = () => 200;
    await until('all are taken', () => acme.once(channel).length === 2);
    await until('nothing is held', () => sender.held().length === 0);
    expect(epochsOf(acme, channel)).toEqual(['rootFinalized 1', 'rootFinalized 2']);
  });

  it('connects to no private address that is not allowed, by number or by name, and holds the endpoint with a sentence', async () => {
    const named = acme.url.replace('127.0.0.1', 'localhost').replace('http:', 'https:');
    register({ url: acme.url, channels: ['inside'] }, { url: named, channels: ['inside'] });
    running = await startRole(role, { ...rig.env, WEBHOOKS_PRIVATE_NETWORKS: '' }, silentLogger());
    const sender = running;
    await rig.roots('inside', [1]);
    await until('both are held', () => sender.held().length === 2);
    expect(sender.held().map(({ code }) => code)).toEqual(['WEBHOOK_ADDRESS_FORBIDDEN', 'WEBHOOK_ADDRESS_FORBIDDEN']);
    expect(sender.held()[0]?.reason).toMatch(/no public address.*WEBHOOKS_PRIVATE_NETWORKS/);
    expect(acme.seen).toEqual([]);
  });

  it('holds an endpoint whose certificate nobody vouches for', async () => {
    register({ url: acme.url.replace('http:', 'https:'), channels: ['tls'] });
    const sender = await start();
    await rig.roots('tls', [1]);
    await until('it is held', () => sender.held()[0]?.code === 'WEBHOOK_MISCONFIGURED');
    expect(acme.seen).toEqual([]);
  });

  it('signs with both secrets while one is changed, as soon as the file says so, and keeps to the last good file', async () => {
    const [id = ''] = register({ url: acme.url, channels: ['rotated'] });
    const sender = await start();
    await rig.roots('rotated', [1]);
    await until('the first is taken', () => acme.once('rotated').length === 1);
    rig.register({ id, url: acme.url, channels: ['rotated'], secrets: ['whsec_no'] });
    await until('the broken file is held', () => sender.held()[0]?.code === 'WEBHOOKS_FILE_INVALID');
    await rig.roots('rotated', [2]);
    await until('the second is taken', () => acme.once('rotated').length === 2);
    rig.register({ id, url: `${acme.url}/2`, channels: ['rotated'], secrets: [SECRET, OTHER_SECRET] });
    await until('the good file is taken', () => sender.held().length === 0);
    acme.secret = OTHER_SECRET;
    await rig.roots('rotated', [3]);
    await until('the third is taken', () => acme.once('rotated').length === 3);
    expect(epochsOf(acme, 'rotated')).toEqual(['rootFinalized 1', 'rootFinalized 2', 'rootFinalized 3']);
  });

  it('puts what an endpoint refuses to the dead letters, goes on, and sends it by command, alone', async () => {
    acme.answering = ({ message: { data } }) => ('epoch' in data && data.epoch === '2' ? 422 : 200);
    const [id = ''] = register({ url: acme.url, channels: ['refused'] });
    await start();
    await rig.roots('refused', [1, 2, 3]);
    await until('the third is taken', () => acme.once('refused').length === 2);
    expect(epochsOf(acme, 'refused')).toEqual(['rootFinalized 1', 'rootFinalized 3']);
    const retried = await runAo(['dlq', 'retry', '--code', 'WEBHOOK_REFUSED'], rig.env, rig.dir);
    expect(retried).toMatchObject({ status: 1, stdout: 'wrote 0 records again\n' });
    expect(retried.stderr).toContain(`npx ao webhooks redeliver ${id}`);
    acme.answering = () => 200;
    const refusedId = acme.seen.find(({ message: { data } }) => 'epoch' in data && data.epoch === '2')?.id;
    const again = await runAo(['webhooks', 'redeliver', id], rig.env, rig.dir);
    expect(again).toMatchObject({ status: 0 });
    expect(acme.taken.at(-1)).toMatchObject({ id: refusedId, message: { data: { epoch: '2' } } });
  });

  it('delivers again by command while it runs, with the same ids, and goes on behind a cursor', async () => {
    const [id = ''] = register({ url: acme.url, channels: ['again'] });
    await start();
    await rig.roots('again', [1, 2]);
    await until('both are taken', () => acme.taken.length === 2);
    const before = acme.taken.map((webhook) => webhook.id);
    const replayed = await runAo(['webhooks', 'replay', id, '--to-beginning', '--yes'], rig.env, rig.dir);
    expect(replayed).toMatchObject({ status: 0 });
    await until('both are taken again', () => acme.taken.length === 4);
    expect(acme.taken.slice(2).map((webhook) => webhook.id)).toEqual(before);
    const cursor = acme.taken[0]?.message.cursor ?? '';
    expect(await runAo(['webhooks', 'replay', id, '--from', cursor, '--yes'], rig.env, rig.dir)).toMatchObject({
      status: 0,
    });
    await until('the second is taken a third time', () => acme.taken.length === 5);
    expect(acme.taken[4]?.id).toBe(before[1]);
    const listed = await runAo(['webhooks', 'list', '--json'], rig.env, rig.dir);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ endpoint: id, channels: ['again'], senders: 1 }]);
    expect(await runAo(['webhooks', 'test'], rig.env, rig.dir)).toMatchObject({
      stdout: `${id}: taken, it answers 204\n`,
    });
  });

  it('does not start without a file, and says why', async () => {
    const { WEBHOOKS_FILE: path, ...without } = rig.env;
    await expect(startRole(role, without, silentLogger())).rejects.toThrow(/WEBHOOKS_FILE: required, not set/);
    const absent = { ...rig.env, WEBHOOKS_FILE: `${path}.absent` };
    await expect(startRole(role, absent, silentLogger())).rejects.toThrow(/cannot be read \(ENOENT\)/);
  });
});
