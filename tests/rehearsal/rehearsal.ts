/** The whole way on a real platform and a stand-in of the legacy system: over, with a fault in the middle, back, over again, done. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { until } from '../testing/until.ts';
import { type Asked, parseAsked, type Stretch } from './client/asked.ts';
import { Seals } from './seals.ts';
import { type Addresses, EPOCH_BASE, prepare, type Setting, SLOTS_PER_EPOCH, writePlan } from './setting.ts';
import { Site, type Supervisor, startSupervisor } from './site.ts';

export interface RehearsalInput {
  /** Empty; everything is written there. */
  readonly dir: string;
  readonly name: string;
  readonly addresses: Addresses;
  /** One line for each thing that is done. */
  readonly say: (line: string) => void;
}

const READ_ROLES = ['listen', 'process', 'sink', 'webhook', 'gateway'] as const;

/** Where the cut-over stands, by its own table. */
export interface Standing {
  readonly phase: number;
  readonly toward: string | null;
  readonly step: string | null;
  readonly gateway: string;
}

export class Rehearsal {
  readonly setting: Setting;
  readonly site: Site;
  /** What nobody may take for a fault of the switches: losses that were caused. */
  readonly losses: Stretch[] = [];
  readonly startedMs = Date.now();
  readonly #say: (line: string) => void;
  #ours: pg.Pool;
  #supervisor: Supervisor | undefined;
  #seals: Seals | undefined;
  #plan = '';
  #reached = Promise.withResolvers<void>();
  #mayGoOn: Promise<void> = Promise.resolve();

  private constructor(setting: Setting, say: (line: string) => void) {
    this.setting = setting;
    this.site = new Site(join(setting.dir, 'run'), setting.env);
    this.#say = say;
    this.#ours = this.#openOurs();
  }

  static async start({ dir, name, addresses, say }: RehearsalInput): Promise<Rehearsal> {
    const rehearsal = new Rehearsal(await prepare(dir, name, addresses), say);
    await rehearsal.#startSystems().catch(async (error: unknown) => {
      await rehearsal.stop();
      throw error;
    });
    return rehearsal;
  }

  get ours(): pg.Pool {
    return this.#ours;
  }

  say(line: string): void {
    this.#say(`[${((Date.now() - this.startedMs) / 1000).toFixed(1).padStart(6)} s] ${line}`);
  }

  #openOurs(): pg.Pool {
    const schema = this.site.env['DATABASE_SCHEMA'] ?? '';
    const pool = new pg.Pool({
      connectionString: this.setting.databaseUrl,
      options: `-c search_path=${schema}`,
      max: 2,
    });
    pool.on('error', () => undefined);
    return pool;
  }

  /** The platform's tables are in another schema from now on. */
  async moveTo(schema: string): Promise<void> {
    this.site.set({ DATABASE_SCHEMA: schema });
    await this.#ours.end();
    this.#ours = this.#openOurs();
  }

  async #startSystems(): Promise<void> {
    const { setting, site } = this;
    await this.startLegacy('aggregator');
    await this.startLegacy('gateway');
    this.say('the legacy system runs: its database, aggregator (which publishes) and gateway (on the public port)');
    await Promise.all(READ_ROLES.map((role) => site.role(role)));
    await this.startSettlement(false);
    await site.role('traffic');
    this.say(
      'the platform runs beside it: it publishes nothing, `ao webhook` pushes to the legacy aggregator, fans claim',
    );
    this.#supervisor = await startSupervisor({
      startLegacyGateway: () => this.startLegacy('gateway'),
      stopLegacyGateway: () => site.stop('legacy-gateway'),
      startLegacyAggregator: () => this.startLegacy('aggregator'),
      stopLegacyAggregator: () => site.stop('legacy-aggregator'),
      // The stand-in has no listener of its own: `ao webhook` feeds it.
      startLegacyListener: async () => 'none',
      stopLegacyListener: async () => {
        this.#reached.resolve();
        await this.#mayGoOn;
        return 'none';
      },
      legacyQueueDepth: () => this.legacyQueue(),
      startPublishing: () => this.#restartSettlement(true),
      stopPublishing: () => this.#restartSettlement(false),
      decommissionLegacy: () => site.stop('legacy-gateway', 'legacy-aggregator', 'webhook'),
    });
    this.#plan = writePlan(setting, (action) => this.#supervisor?.command(action) ?? 'false');
    this.startSeals();
  }

  /**
   * Holds the next cut-over in the step behind the change of the port, so that it can be killed there.
   * @returns reached: it is there. open: lets whoever waits there go on.
   */
  holdBehindPort(): { reached: Promise<void>; open: () => void } {
    const gate = Promise.withResolvers<void>();
    this.#reached = Promise.withResolvers<void>();
    this.#mayGoOn = gate.promise;
    return { reached: this.#reached.promise, open: gate.resolve };
  }

  startSeals(): void {
    const { setting } = this;
    this.#seals = new Seals({
      ...{ kafka: setting.kafka, streamTopic: setting.topics.streamEvents, partitions: setting.partitions },
      webhookGroup: `${setting.env['KAFKA_NAMESPACE']}ao-webhook-sink`,
      ...{ ours: () => this.#ours, legacy: setting.legacy, token: setting.token },
      aggregatorUrl: `http://127.0.0.1:${setting.ports.aggregator}`,
      ...{ epochBase: EPOCH_BASE, slotsPerEpoch: SLOTS_PER_EPOCH },
    });
  }

  async stopSeals(): Promise<void> {
    await this.#seals?.stop();
    this.#seals = undefined;
  }

  startLegacy(part: 'aggregator' | 'gateway'): Promise<void> {
    const { ports, legacyEnv } = this.setting;
    return this.site.legacy(part, part === 'gateway' ? ports.public : ports.aggregator, legacyEnv);
  }

  async startSettlement(publishes: boolean): Promise<void> {
    await this.site.role('settle', {
      AUTO_PUBLISH: String(publishes),
      METRICS_ENDPOINT: `http://127.0.0.1:${this.setting.ports.settle}/metrics`,
    });
  }

  async #restartSettlement(publishes: boolean): Promise<void> {
    await this.site.stop('settle');
    await this.startSettlement(publishes);
  }

  async legacyQueue(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.setting.ports.aggregator}/health`);
    return String(((await response.json()) as { queue: number }).queue);
  }

  /** The legacy system's newest sealed epochs, newest first. */
  async sealedEpochs(): Promise<number[]> {
    const { rows } = await this.setting.legacy.query<{ epoch: string }>(
      'select distinct epoch from roots order by 1 desc',
    );
    return rows.map(({ epoch }) => Number(epoch));
  }

  async untilSealed(epochs: number): Promise<void> {
    const already = (await this.sealedEpochs()).length;
    await until(`the legacy system seals ${epochs} more epochs (${String(this.#seals?.lastError)})`, async () => {
      return (await this.sealedEpochs()).length >= already + epochs;
    });
  }

  /** Begins to ask the public port for a root that both gateways have. */
  async startClient(): Promise<void> {
    const { rows } = await this.setting.legacy.query<{ epoch: string; channel: string }>(
      'select epoch, channel from roots order by epoch, channel limit 1',
    );
    const [root] = rows;
    if (root === undefined) throw new Error('the legacy system has no root yet');
    const url = `http://127.0.0.1:${this.setting.ports.public}/api/v1/epochs/${root.epoch}/channels/${root.channel}`;
    this.site.client(url, this.#askedFile);
    await until('the client is answered', () => this.asked().length > 0);
  }

  get #askedFile(): string {
    return join(this.setting.dir, 'asked.txt');
  }

  asked(): Asked[] {
    try {
      return parseAsked(readFileSync(this.#askedFile, 'utf8'));
    } catch {
      return [];
    }
  }

  cutover(...words: string[]): string[] {
    return ['cutover', ...words, ...(words[0] === 'status' || words[0] === 'adopt' ? [] : ['--plan', this.#plan])];
  }

  /** Goes a way to its end. @throws Error with what it was held by. */
  async go(...words: string[]): Promise<void> {
    const { stdout } = await this.site.ao(this.cutover(...words));
    for (const line of stdout.trim().split('\n')) this.say(`  ${line}`);
  }

  async standing(): Promise<Standing> {
    const { rows } = await this.#ours.query<Standing>('select phase, toward, step, gateway from cutover');
    if (rows[0] === undefined) throw new Error('the cut-over has no row');
    return rows[0];
  }

  /** When the public port went from one gateway to the other: from the end of the step before to its own. */
  async switches(): Promise<Stretch[]> {
    const { rows } = await this.#ours.query<{ name: string; from: string | null; to: string }>(
      `select name, from_ms as from, to_ms as to from (
         select name, kind, extract(epoch from "at" at time zone 'utc') * 1000 as to_ms,
           lag(extract(epoch from "at" at time zone 'utc') * 1000) over (order by id) as from_ms from cutover_log) l
       where kind = 'step' and name in ('gateway-over', 'gateway-back') order by to_ms`,
    );
    return rows.map(({ name, from, to }) => ({ name, fromMs: Number(from ?? 0), toMs: Number(to) }));
  }

  async stop(): Promise<void> {
    await this.stopSeals();
    await this.site.stopAll();
    await this.#supervisor?.stop();
    await this.#ours.end();
    await this.setting.stop();
  }
}
