import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { AppError } from '../../runtime/errors.ts';
import { withAdmin } from '../../runtime/kafka/admin.ts';
import { DEAD_LETTER_HEADERS } from '../../runtime/kafka/dead-letters.ts';
import { withBrokerAdmin } from '../../runtime/kafka/testing/broker-admin.ts';
import { foreignRecord } from '../../runtime/kafka/testing/registered-schema.ts';
import type { StartedRole } from '../../runtime/role.ts';
import { testStack } from '../../tests/testing/stack.ts';
import { decodeCheckpoint } from './core/checkpoint.ts';
import { bytesOf, type Deployment, deploy, eventually, PARTITIONS, type Read } from './testing/deployment.ts';
import { event, mark, RULES, type WholeInput } from './testing/records.ts';

const PARTS = 6;

/** Claims of two listeners on two channels (one a partition) in an epoch, and its proof; the next part finalises it. */
function part(epoch: number): WholeInput[] {
  const first = epoch * 10;
  const claims = Array.from({ length: 8 }, (_, i) =>
    event({ tx: epoch * 100 + i, slot: first + i, kind: i % 3 === 0 ? 'finalized' : 'confirmed' }),
  );
  const again = event({ tx: epoch * 100 + 1, slot: first + 1, source: 'b' });
  return [...claims, again, mark({ from: first, to: first + 9, time: Math.floor((first + 9) * 0.4) + 1 })];
}

const parts = Array.from({ length: PARTS }, (_, epoch) => part(epoch));
/** Both channels' roots of the epochs before the last part's. */
const ROOTS = (PARTS - 1) * 2;

const isReady = (member: StartedRole): boolean => Object.values(member.ready()).every(Boolean);
const rootsOf = async (deployment: Deployment, count = ROOTS): Promise<string[]> =>
  (await deployment.read(deployment.topics.roots, ({ length }) => length >= count)).map(bytesOf);
const headerOf = (message: Read | undefined, name: string): string | undefined => message?.headers?.[name]?.toString();

let deployment: Deployment;
let children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  await deployment.stop();
});

describe('the processor on a real broker', () => {
  it('emits what the core makes of the topic, once, and keeps its checkpoint with the offset', async () => {
    deployment = await deploy();
    await deployment.start();
    for (const records of parts) await deployment.write(records);
    const roots = await rootsOf(deployment);
    expect(roots.sort()).toEqual((await deployment.expectedRoots()).sort());
    expect(new Set(roots.map((root) => root.split(' ')[0])).size).toBe(PARTITIONS);

    const groupId = `${deployment.env['KAFKA_NAMESPACE']}ao-epoch-roots`;
    const topic = deployment.topics.streamEvents;
    const found = await withAdmin(deployment.kafka, (admin) => admin.committed(groupId, [topic]));
    const checkpoints = [...(found.get(topic) ?? [])].map(([, { metadata }]) => decodeCheckpoint(RULES, metadata));
    expect(checkpoints).toHaveLength(PARTITIONS);
    for (const checkpoint of checkpoints) expect(checkpoint?.position).toBeGreaterThan(0);
  });

  it('emits the same, once, when a new member takes over after every part', async () => {
    deployment = await deploy();
    for (const records of parts) {
      const member = await deployment.start();
      await deployment.write(records);
      await eventually(() => isReady(member));
      await member.stop();
    }
    await deployment.start();
    expect((await rootsOf(deployment)).sort()).toEqual((await deployment.expectedRoots()).sort());
  });

  it('shares the partitions between two members, and emits each root once when one leaves in the middle', async () => {
    deployment = await deploy();
    const [first, second] = [await deployment.start(), await deployment.start()];
    await eventually(() => isReady(first) && isReady(second));
    for (const records of parts.slice(0, 3)) await deployment.write(records);
    await second.stop();
    for (const records of parts.slice(3)) await deployment.write(records);
    expect((await rootsOf(deployment)).sort()).toEqual((await deployment.expectedRoots()).sort());
  });

  it('emits the same, once, when a member is killed in the middle', async () => {
    deployment = await deploy();
    const killed = spawnMember(deployment);
    for (const records of parts.slice(0, 4)) await deployment.write(records);
    await rootsOf(deployment, 2);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    for (const records of parts.slice(4)) await deployment.write(records);
    await deployment.start();
    expect((await rootsOf(deployment)).sort()).toEqual((await deployment.expectedRoots()).sort());
  });

  it('emits no root twice when the broker has forgotten the group, and goes on with the next', async () => {
    deployment = await deploy();
    const member = await deployment.start();
    for (const records of parts.slice(0, 4)) await deployment.write(records);
    await rootsOf(deployment, 3 * 2);
    await member.stop();
    await forgetGroup(deployment);
    await deployment.start();
    for (const records of parts.slice(4)) await deployment.write(records);
    expect((await rootsOf(deployment)).sort()).toEqual((await deployment.expectedRoots()).sort());
  });

  it('refuses other rules when the broker has forgotten the group', async () => {
    deployment = await deploy();
    const member = await deployment.start();
    for (const records of parts) await deployment.write(records);
    const before = await rootsOf(deployment);
    await member.stop();
    await forgetGroup(deployment);
    const other = await deployment.start({ EPOCH_BASE: '1000' });
    expect(await other.stopped).toMatchObject({ code: 'CHECKPOINT_RULES_CHANGED' });
    expect(await rootsOf(deployment)).toEqual(before);
  });

  it('holds a partition, not restored, whose records below the checkpoint were deleted; the other goes on', async () => {
    deployment = await deploy();
    const member = await deployment.start();
    // Claims of one channel, of an epoch that stays open.
    const claims = [1, 3, 5, 7].map((tx) => event({ tx, slot: 3, channel: 'stream-1' }));
    for (const claim of claims) await deployment.write([claim]);
    await eventually(() => isReady(member));
    const [partition = -1] = (await deployment.read(deployment.topics.streamEvents, ({ length }) => length === 4)).map(
      (record) => record.partition,
    );
    await member.stop();
    const topic = deployment.topics.streamEvents;
    await withBrokerAdmin(deployment.kafka, async (admin) => {
      // The library deletes records only of topics whose leaders it knows.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: '4' }] });
    });
    const next = await deployment.start();
    const subject = `${topic}/${partition}`;
    await eventually(() => next.held().some((hold) => hold.subject === subject && hold.code === 'RECORDS_GONE'));
    expect(next.ready()).toMatchObject({ restored: false });
    await deployment.write([mark({ from: 5, to: 40, time: 100 }), event({ tx: 2, slot: 45, channel: 'stream-0' })]);
    await deployment.write([mark({ from: 41, to: 80, time: 200 })]);
    const roots = await rootsOf(deployment, 1);
    expect(roots).toHaveLength(1);
    expect(roots[0]?.startsWith(`${partition} `)).toBe(false);
  });

  it('puts aside what it cannot read or must not count, and goes on', async () => {
    deployment = await deploy();
    await deployment.start();
    const foreign = await foreignRecord(testStack().registryUrl);
    await deployment.write([...(parts[0] ?? []), Buffer.from('no avro'), foreign]);
    for (const records of parts.slice(1)) await deployment.write(records);
    await deployment.write([event({ tx: 999, slot: 3, channel: 'stream-0' })]);
    const letters = await deployment.read(deployment.topics.deadLetters, ({ length }) => length >= 3);
    const codes = letters.map((letter) => headerOf(letter, DEAD_LETTER_HEADERS.code));
    expect(codes.sort()).toEqual(['LATE_EVENT', 'RECORD_MALFORMED', 'SCHEMA_FOREIGN']);
    const malformed = letters.find((letter) => headerOf(letter, DEAD_LETTER_HEADERS.code) === 'RECORD_MALFORMED');
    expect(malformed?.value?.toString()).toBe('no avro');
    expect(headerOf(malformed, DEAD_LETTER_HEADERS.topic)).toBe(deployment.topics.streamEvents);
    expect(await rootsOf(deployment)).toHaveLength(ROOTS);
  });

  it('refuses to go on under other epoch rules and says what to do', async () => {
    deployment = await deploy();
    const member = await deployment.start();
    for (const records of parts) await deployment.write(records);
    await rootsOf(deployment);
    await member.stop();
    const other = await deployment.start({ EPOCH_DURATION_SLOTS: '20' });
    const reason = await other.stopped;
    expect(reason).toBeInstanceOf(AppError);
    expect(reason).toMatchObject({ code: 'CHECKPOINT_RULES_CHANGED' });
    expect((reason as AppError).message).toMatch(/EPOCH_DURATION_SLOTS was 10, is 20/);
  });
});

/** What happens to a group without members after `offsets.retention.minutes`. */
async function forgetGroup({ env, kafka }: Deployment): Promise<void> {
  await withAdmin(kafka, (admin) => admin.deleteGroup(`${env['KAFKA_NAMESPACE']}ao-epoch-roots`));
}

function spawnMember({ env }: Deployment): ChildProcess {
  const script = fileURLToPath(new URL('./testing/member.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@attention-oracle/source', script], {
    env: { PATH: process.env['PATH'], ...env, LOG_LEVEL: 'silent' },
    stdio: 'inherit',
  });
  children.push(child);
  return child;
}
