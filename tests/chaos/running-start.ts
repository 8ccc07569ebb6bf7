/** A whole `npm start` that is struck from outside: its processes, and what it has written. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { processIdentity } from '../../bootstrap/process-identity.mjs';
import { pidFileName } from '../../local/stack/process.ts';
import { platformOn } from '../../local/start/running-platform.ts';
import { StartProcess } from '../../local/start/testing/start-process.ts';
import { epochConfig, kafkaConfig, loadConfig, postgresConfig } from '../../runtime/config.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import type { KafkaRecord } from '../../runtime/kafka/records.ts';
import { readToEnd } from '../../runtime/kafka/topic-reader.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { silentLogger } from '../../runtime/logging.ts';
import type { RootFinalized } from '../../schemas/records.ts';
import { expectedRoots } from '../recorded/expected-roots.ts';
import { publications } from '../recorded/publications.ts';
import { historyOf } from '../testing/live-chain.ts';
import { until } from '../testing/until.ts';
import { type ClaimRow, type Evidence, judge, type Verdict } from './judge.ts';
import { type Blow, PARTS, type Target } from './plan.ts';

const settingsShape = z.object({ ...kafkaConfig, ...epochConfig, ...postgresConfig });

/** What there was in the end, and what it is worth. */
export interface Outcome extends Verdict {
  readonly claims: number;
  readonly roots: number;
  readonly published: number;
}

export class RunningStart {
  readonly #process: StartProcess;
  readonly #dataDir: string;
  readonly #variables: Readonly<Record<string, string>>;
  readonly #settings: z.output<typeof settingsShape>;
  readonly #pool: pg.Pool;

  private constructor(process: StartProcess, dataDir: string) {
    this.#process = process;
    this.#dataDir = dataDir;
    this.#variables = platformOn(dataDir)?.variables ?? {};
    this.#settings = loadConfig(settingsShape, this.#variables);
    this.#pool = new pg.Pool({
      connectionString: this.#settings.DATABASE_URL,
      options: `-c search_path=${this.#settings.DATABASE_SCHEMA}`,
      max: 1,
    });
    this.#pool.on('error', () => undefined);
  }

  /** Resolves when everything is ready. */
  static async create(dir: string): Promise<RunningStart> {
    const dataDir = join(dir, 'data');
    const process = new StartProcess(['--data', dataDir, '--json'], {}, dir);
    try {
      await process.untilSays(/everything is ready/);
      return new RunningStart(process, dataDir);
    } catch (error) {
      await process.kill();
      throw error;
    }
  }

  /** How often it has said that it starts a part again: one that was killed while it started did not start, by its words. */
  get restarts(): number {
    return this.#process.text.match(/; starting it again in /g)?.length ?? 0;
  }

  /** Everything that it has said. */
  get text(): string {
    return this.#process.text;
  }

  /** The process that runs now, as soon as one does. @param but Not this one: it is on its way out. */
  untilRuns(target: Target, but?: number): Promise<number> {
    const other = (): number | undefined => {
      const pid = this.#pidOf(target);
      return pid === but ? undefined : pid;
    };
    return until(`${target} runs`, other, this.#whileItRuns());
  }

  /** Strikes as soon as the part runs. */
  async strike({ target, frozenMs }: Blow): Promise<void> {
    const pid = await this.untilRuns(target);
    if (frozenMs === undefined) {
      signal(pid, 'SIGKILL');
      return;
    }
    signal(pid, 'SIGSTOP');
    await delay(frozenMs);
    signal(pid, 'SIGCONT');
  }

  /** From now on nobody claims anything. Resolves when all that was claimed is final on chain, with its roots. */
  async stopTraffic(): Promise<Evidence['expected']> {
    signal(await until('the traffic runs', () => this.#pidOf('traffic'), this.#whileItRuns()), 'SIGSTOP');
    const stoppedAt = await this.#slot('processed');
    await until('the last claims are final', async () => (await this.#slot('finalized')) > stoppedAt);
    return this.#expected();
  }

  /** Resolves when every root is on chain and the rows say so, or when it does not come. */
  async untilSettled(expected: Evidence['expected']): Promise<void> {
    await until(
      `${expected.length} roots are settled and seen on chain`,
      async () => {
        const { rows } = await this.#pool.query<{ done: number }>(
          `select count(*)::int as done from roots r where r.tree_state = 'built' and exists (
             select from published_roots p where p.channel = r.channel and p.epoch = r.epoch and p.root = r.root)`,
        );
        return (rows[0]?.done ?? 0) >= expected.length;
      },
      this.#whileItRuns(),
    );
  }

  /** Stops the traffic, waits until everything is settled, and judges what is there. */
  async verdict(log: (line: string) => void): Promise<Outcome> {
    const expected = await this.stopTraffic();
    log(`the traffic is stopped: ${expected.length} roots are expected`);
    await this.untilSettled(expected);
    const evidence = await this.evidence();
    return {
      claims: evidence.expected.reduce((sum, { count }) => sum + count, 0),
      roots: evidence.emitted.length,
      published: evidence.published.length,
      ...judge(evidence),
    };
  }

  async evidence(): Promise<Evidence> {
    const { EPOCH_BASE } = this.#variables;
    const history = await historyOf({ rpcUrl: this.#variables['ANCHOR_PROVIDER_URL'] ?? '' });
    const { rows } = await this.#pool.query<ClaimRow>(
      `select c.event_id, r.channel, r.epoch::text, r.root, c.leaf_index from claims c join roots r on r.id = c.root_id`,
    );
    const published = publications(history).filter(({ epoch }) => epoch >= Number(EPOCH_BASE));
    return { expected: await this.#expected(), emitted: await this.#roots(), published, rows };
  }

  async stop(): Promise<void> {
    await this.#pool.end().catch(() => undefined);
    const traffic = this.#pidOf('traffic');
    if (traffic !== undefined) signal(traffic, 'SIGCONT');
    this.#process.signal('SIGINT');
    await this.#process.ended;
  }

  async #expected(): Promise<Evidence['expected']> {
    const history = await historyOf({ rpcUrl: this.#variables['ANCHOR_PROVIDER_URL'] ?? '' });
    return expectedRoots(history, this.#settings.EPOCH_DURATION_SLOTS, Number(this.#variables['EPOCH_BASE']));
  }

  async #roots(): Promise<RootFinalized[]> {
    const kafka = createKafka(this.#settings, 'chaos', silentLogger());
    const codec = await RecordCodec.connect(this.#settings);
    const records: KafkaRecord[] = [];
    const topic = topicNames(this.#settings).roots;
    await readToEnd({ kafka, topic, onRecords: (some) => void records.push(...some) });
    await codec.prepare(records.map(({ value }) => value));
    const decoded = records.map(({ value }) => codec.decode(value));
    return decoded.flatMap((record) => (record.name === 'RootFinalized' ? [record.value] : []));
  }

  async #slot(commitment: string): Promise<number> {
    const response = await fetch(this.#variables['ANCHOR_PROVIDER_URL'] ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getSlot', params: [{ commitment }] }),
    });
    return ((await response.json()) as { result: number }).result;
  }

  /** Of the process that runs now, and of no other one. */
  #pidOf(name: string): number | undefined {
    const isPart = PARTS.some((part) => part === name);
    const file = isPart ? join(this.#dataDir, name, pidFileName) : join(this.#dataDir, 'run', `${name}.pid`);
    try {
      const { pid, identity } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; identity: string };
      return processIdentity(pid) === identity ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  /** Aborted when `npm start` itself ends: nothing that is waited for comes any more. */
  #whileItRuns(): AbortSignal {
    const ended = new AbortController();
    void this.#process.ended.then((status) =>
      ended.abort(new Error(`npm start ended with ${status}:\n${this.#process.text}`)),
    );
    return ended.signal;
  }
}

/** To a process that has ended in the meantime it is lost. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
