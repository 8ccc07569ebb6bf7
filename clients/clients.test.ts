/** The clients of every language against a real gateway: a query, then a subscription whose connection is cut. */

import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { storedUpTo } from '../graphql/testing/live-items.ts';
import { GatewayRig, type RunningGateway } from '../graphql/testing/rig.ts';
import { type SeededRoot, seedRoot } from '../graphql/testing/seed.ts';
import { startRelay, type TcpRelay } from '../graphql/testing/tcp-relay.ts';
import { until } from '../tests/testing/until.ts';
import { LANGUAGES, type Language } from './languages.ts';
import { build, folderOf, isBuilt } from './project.ts';

/** Whose packages are those of this repository; the others' are fetched only where that is asked for. */
const AT_HAND = 'typescript';
const ITEMS = 4;

let rig: GatewayRig;
let gateway: RunningGateway;
/** Between the client and the gateway. */
let connection: TcpRelay;
let stored = 0;

beforeAll(async () => {
  rig = await GatewayRig.create({ GATEWAY_FEED_INTERVAL_MS: '20' });
  gateway = await rig.start();
});

afterAll(async () => {
  await rig.stop();
});

/** Stores a root as the sink does. */
async function finalise(channel: string, epoch: number): Promise<SeededRoot> {
  const root = await seedRoot(rig.pool, { channel, epoch, count: epoch, settled: false });
  await rig.pool.query('update roots set record_offset = $3 where channel = $1 and epoch = $2', [
    channel,
    epoch,
    stored,
  ]);
  stored += 1;
  await storedUpTo(rig.pool, rig.topics.roots, 0, stored);
  return root;
}

/** A client that runs, and what it has said. */
class Client {
  readonly lines: Record<string, { epoch: string; root: string }>[] = [];
  readonly ended: Promise<number | null>;
  readonly #process: ChildProcess;
  #errors = '';
  #hasEnded = false;

  constructor(language: Language, args: readonly string[]) {
    const [program, ...first] = language.run;
    this.#process = spawn(program, [...first, ...args], { cwd: folderOf(language), stdio: ['ignore', 'pipe', 'pipe'] });
    let rest = '';
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.lines.push(JSON.parse(line) as (typeof this.lines)[number]);
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.ended = new Promise((resolve) => {
      this.#process.on('close', (status) => {
        this.#hasEnded = true;
        resolve(status);
      });
    });
  }

  said(kind: 'newest' | 'item'): { epoch: string; root: string }[] {
    return this.lines.flatMap((line) => line[kind] ?? []);
  }

  /** Waits until it has said so many items. @throws Error with what it complained of when it ends before. */
  async untilItems(count: number): Promise<void> {
    const ended = new AbortController();
    void this.ended.then(() => ended.abort(new Error(`it ended:\n${this.#errors}`)));
    await until(`${count} items`, () => this.said('item').length >= count, ended.signal).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.#errors}`);
    });
  }

  stop(): void {
    if (!this.#hasEnded) this.#process.kill('SIGKILL');
  }
}

describe.each(LANGUAGES)('the client in $name', (language) => {
  const canRun = language.name === AT_HAND || isBuilt(language);
  if (!canRun)
    process.stderr.write(
      `The client in ${language.name} is not run: \`npm run clients -- ${language.name}\` generates and compiles it, or says what is missing.\n`,
    );
  const test = canRun ? it : it.skip;

  test('asks, then follows every root once and in order through a connection that is cut', async () => {
    expect(await build(language)).toEqual({ kind: 'built' });
    const url = new URL(gateway.url);
    connection = await startRelay(url.hostname, Number(url.port));
    const channel = `clients-${language.name}`;
    const roots = [await finalise(channel, 1)];
    const client = new Client(language, [`http://127.0.0.1:${connection.port}`, channel, String(ITEMS)]);
    try {
      await client.untilItems(1);
      roots.push(await finalise(channel, 2));
      await client.untilItems(2);
      const triedBefore = connection.tried;
      connection.cut();
      roots.push(await finalise(channel, 3));
      await until('the client tries again', () => connection.tried > triedBefore);
      connection.mend();
      await client.untilItems(3);
      roots.push(await finalise(channel, 4));
      expect(await client.ended).toBe(0);
    } finally {
      client.stop();
      await connection.close();
    }
    const places = roots.map(({ epoch, tree }) => ({ epoch: String(epoch), root: tree.rootHex() }));
    expect(client.said('newest')).toEqual(places.slice(0, 1));
    expect(client.said('item')).toEqual(places);
  });
});
