/** Records what clients of a gateway see of settlements while gateway and database are killed, and judges it. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '../../runtime/postgres/pool.ts';
import { until } from '../../tests/testing/until.ts';
import { SeededRandom } from '../random.ts';
import { Follower, nowMs, read, readByRest, type Seen } from './clients.ts';
import { type RecordedOf, violationsOf, wronglyTold } from './history.ts';
import { Settler } from './sink.ts';

export interface RecordOptions {
  readonly pool: Pool;
  /** Of the settlements. */
  readonly topic: string;
  /** Of the event topic. */
  readonly partitions: number;
  /** Of the gateway that runs at present. */
  url(): string;
  /** How many operations are recorded. */
  readonly operations: number;
  readonly seed: number;
  /** Each is done in turn, evenly over the run; it resolves when what it took away is there again. */
  readonly faults: readonly (() => Promise<void>)[];
  /** How often each is done. */
  readonly rounds: number;
}

export interface Judged {
  readonly operations: number;
  readonly settled: number;
  readonly reads: number;
  /** Answers from memory among them. */
  readonly remembered: number;
  /** Reads that waited for a slot. */
  readonly awaited: number;
  readonly told: number;
  readonly faults: number;
  readonly violations: readonly string[];
}

const READERS = 6;
const FOLLOWERS = 2;
/** So that no root has more operations than can be judged. */
const OPERATIONS_OF_A_ROOT = 150;
/** While the gateway is away. */
const PAUSE_MS = 20;

export async function recordAndJudge(options: RecordOptions): Promise<Judged> {
  const { pool, topic, partitions, url, operations: wanted, seed, faults, rounds } = options;
  const roots = Math.max(4, Math.ceil(wanted / OPERATIONS_OF_A_ROOT));
  const settler = new Settler(pool, topic, partitions);
  await settler.prepare(roots);
  const operations: RecordedOf[] = [];
  const followers = Array.from({ length: FOLLOWERS }, () => new Follower());
  const following = followers.map((follower) => follower.run(url));
  const settled = new Map<number, Seen>();
  const recorded = (): number => operations.length + followers.reduce((sum, { items }) => sum + items, 0);
  let isOver = false;

  const settle = async (): Promise<void> => {
    const random = new SeededRandom(seed);
    while (!isOver) {
      const root = random.between(0, roots - 1);
      const version = (settled.get(root)?.version ?? 0) + 1;
      const calledMs = nowMs();
      const slot = await settler.settle(root, version);
      operations.push({ root, calledMs, answeredMs: nowMs(), action: { kind: 'settle', version } });
      settled.set(root, { version, slot });
      // As many reads as settlements and items, so that something is to be seen between two.
      const mark = recorded();
      while (!isOver && recorded() < mark + READERS) await delay(1);
    }
  };
  const readOn = async (reader: number): Promise<void> => {
    const random = new SeededRandom(seed * 1000 + reader);
    while (!isOver) {
      const root = random.between(0, roots - 1);
      const how = random.next();
      try {
        const found =
          how < 0.2
            ? await readByRest(url(), root)
            : await read(url(), root, how < 0.6 ? settled.get(root) : undefined);
        if (found === undefined) await delay(PAUSE_MS);
        else operations.push(found);
      } catch {
        await delay(PAUSE_MS);
      }
    }
  };
  const working = [settle(), ...Array.from({ length: READERS }, (_, reader) => readOn(reader))];
  const plan = Array.from({ length: rounds }, () => faults).flat();
  for (const [at, fault] of plan.entries()) {
    const due = (wanted * (at + 1)) / (plan.length + 1);
    await until(`${Math.ceil(due)} operations`, () => recorded() >= due);
    await fault();
  }
  await until(`${wanted} operations`, () => recorded() >= wanted);
  isOver = true;
  await Promise.all(working);
  const versions = new Map([...settled].map(([root, { version }]) => [root, version]));
  const all = [...versions.values()].reduce((sum, version) => sum + version, 0);
  await until('every settlement is told', () => followers.every(({ items }) => items >= all));
  for (const follower of followers) follower.stop();
  await Promise.all(following);
  const history = [...operations, ...followers.flatMap((follower) => follower.operations)];
  const count = (matches: (action: RecordedOf['action']) => boolean): number =>
    history.filter(({ action }) => matches(action)).length;
  return {
    operations: history.length,
    settled: count(({ kind }) => kind === 'settle'),
    reads: count(({ kind }) => kind === 'read' || kind === 'remembered'),
    remembered: count(({ kind }) => kind === 'remembered'),
    awaited: count((action) => 'atLeast' in action && action.atLeast > 0),
    told: count(({ kind }) => kind === 'told'),
    faults: plan.length,
    violations: [...violationsOf(history), ...followers.flatMap(({ told }) => wronglyTold(told, versions))],
  };
}
