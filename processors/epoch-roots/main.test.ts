import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { AppError } from '../../runtime/errors.ts';
import { withAdmin } from '../../runtime/kafka/admin.ts';
import { DEAD_LETTER_HEADERS } from '../../runtime/kafka/dead-letters.ts';
import { foreignRecord } from '../../runtime/kafka/testing/registered-schema.ts';
import type { StartedRole } from '../../runtime/role.ts';
import { testStack } from '../../tests/testing/stack.ts';
import { decodeCheckpoint } from './core/checkpoint.ts';
import type { Input } from './core/partition-state.ts';
import { bytesOf, type Deployment, deploy, eventually, PARTITIONS, type Read } from './testing/deployment.ts';
import { event, mark, RULES } from './testing/records.ts';

const PARTS = 6;

/** Claims of two listeners on two channels (one a partition) in an epoch, and its proof; the next part finalises it. */
function part(epoch: number): Input[] {
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
  }, 120_000);

  it('gives identical bytes when a new group processes the topic again', async () => {
    deployment = await deploy();
    const member = await deployment.start();
    for (const records of parts) await deployment.write(records);
    const before = await rootsOf(deployment);
    await member.stop();
    const groupId = `${deployment.env['KAFKA_NAMESPACE']}ao-epoch-roots`;
    await withAdmin(deployment.kafka, (admin) => admin.deleteGroup(groupId));
    await deployment.start();
    const after = await rootsOf(deployment, 2 * ROOTS);
    expect(after.sort()).toEqual([...before, ...before].sort());
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

function spawnMember({ env }: Deployment): ChildProcess {
  const script = fileURLToPath(new URL('./testing/member.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@attention-oracle/source', script], {
    env: { PATH: process.env['PATH'], ...env, LOG_LEVEL: 'silent' },
    stdio: 'inherit',
  });
  children.push(child);
  return child;
}
