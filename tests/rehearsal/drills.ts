/** What is lost is restored from the backups, while the platform serves: PostgreSQL, Kafka with the registry, both. */

import type { RunningAo } from '../testing/role-process.ts';
import { until } from '../testing/until.ts';
import type { Parts } from './parts.ts';
import type { Rehearsal } from './rehearsal.ts';
import { backUp } from './way.ts';

export interface Drill {
  readonly lost: string;
  /** From the loss until all roles are ready and every root of before is served again, ms. */
  readonly rtoMs: number;
  /** What the backups lacked at the loss, ms: what the chain and the topics cannot give again would be of that time. */
  readonly rpoMs: number;
}

const READ_AND_PUBLISH = ['listen', 'process', 'sink'] as const;

export class Drills {
  readonly #rehearsal: Rehearsal;
  readonly #parts: Parts;
  #archiver: RunningAo | undefined;
  #schemas = 0;
  #rootsBefore = 0;

  constructor(rehearsal: Rehearsal, parts: Parts) {
    this.#rehearsal = rehearsal;
    this.#parts = parts;
  }

  async run(): Promise<Drill[]> {
    const { site } = this.#rehearsal;
    await site.stop('webhook');
    const drills: Drill[] = [];
    for (const [lost, restore] of [
      ['PostgreSQL', () => this.#losePostgres()],
      ['Kafka and the registry', () => this.#loseKafka()],
      ['Kafka, the registry and PostgreSQL', () => this.#loseBoth()],
    ] as const) {
      this.#rehearsal.say(`drill: ${lost} will be lost`);
      await this.#archiveFrom();
      this.#rootsBefore = await this.#settledRoots();
      const { rpoMs, lostMs } = await restore();
      await this.#untilServed();
      const rtoMs = Date.now() - lostMs;
      this.#rehearsal.losses.push({ name: `${lost} lost`, fromMs: lostMs, toMs: Date.now() });
      this.#rehearsal.say(
        `${lost} lost with all files, restored: ${(rtoMs / 1000).toFixed(1)} s until all served again; ${(rpoMs / 1000).toFixed(1)} s were not in the backups`,
      );
      drills.push({ lost, rtoMs, rpoMs });
    }
    this.#archiver?.kill();
    await this.#archiver?.done;
    await this.#untilComparable();
    // What restored the servers is of their former life: phase 3 asks for a backup of this one.
    await backUp(this.#rehearsal);
    return drills;
  }

  /** A backup that is tried out, and the WAL archived as it is written from then on. */
  async #archiveFrom(): Promise<void> {
    const { site, setting } = this.#rehearsal;
    this.#archiver?.kill();
    await this.#archiver?.done;
    await backUp(this.#rehearsal);
    this.#archiver = site.begin('backup', 'wal', '--dir', setting.backups);
    const before = await this.#settledRoots();
    await until('roots are settled that the backup does not hold', async () => {
      return (await this.#settledRoots()) > before;
    });
  }

  async #settledRoots(): Promise<number> {
    const { rows } = await this.#rehearsal.ours.query<{ count: number }>(
      "select count(*)::int as count from roots where status = 'settled'",
    );
    return rows[0]?.count ?? 0;
  }

  /** What would be lost with the server now, by the platform's own command, ms. */
  async #atRisk(): Promise<number> {
    const { setting, site } = this.#rehearsal;
    const { stdout } = await site.ao(['backup', 'status', '--dir', setting.backups, '--json']);
    const { caughtUpAt } = JSON.parse(stdout) as { caughtUpAt: string };
    return Date.now() - Date.parse(caughtUpAt);
  }

  async #losePostgres(): Promise<{ rpoMs: number; lostMs: number }> {
    const rpoMs = await this.#atRisk();
    const lostMs = Date.now();
    await this.#parts.losePostgres();
    await this.#restorePostgres();
    return { rpoMs, lostMs };
  }

  async #restorePostgres(): Promise<void> {
    const { site, setting } = this.#rehearsal;
    await this.#parts.restorePostgres(async (data) => {
      const { stdout } = await site.ao(['backup', 'restore', 'newest', '--dir', setting.backups, '--to', data]);
      this.#rehearsal.say(`  ${stdout.trim().replace(data, 'FOLDER')}`);
    });
  }

  async #loseKafka(): Promise<{ rpoMs: number; lostMs: number }> {
    const rpoMs = await this.#ageOfTopics();
    const lostMs = Date.now();
    await this.#parts.loseKafka();
    await this.#restoreKafka();
    return { rpoMs, lostMs };
  }

  async #loseBoth(): Promise<{ rpoMs: number; lostMs: number }> {
    const rpoMs = Math.max(await this.#ageOfTopics(), await this.#atRisk());
    const lostMs = Date.now();
    await Promise.all([this.#parts.loseKafka(), this.#parts.losePostgres()]);
    await this.#restorePostgres();
    await this.#restoreKafka();
    return { rpoMs, lostMs };
  }

  /** Age of the newest topics in a backup, ms. */
  async #ageOfTopics(): Promise<number> {
    const { setting, site } = this.#rehearsal;
    const { stdout } = await site.ao(['backup', 'list', '--dir', setting.backups, '--json']);
    const { backups } = JSON.parse(stdout) as { backups: { takenAt: string; topics: boolean }[] };
    const newest = backups.find(({ topics }) => topics);
    return Date.now() - Date.parse(newest?.takenAt ?? '');
  }

  /** As docs/runbooks/restore.md says. */
  async #restoreKafka(): Promise<void> {
    const { site, setting } = this.#rehearsal;
    site.mayEnd('gateway');
    await site.stop(...READ_AND_PUBLISH, 'settle');
    await this.#parts.beginKafkaAnew();
    await site.ao(['backup', 'restore-topics', 'newest', '--dir', setting.backups]);
    const former = site.env['DATABASE_SCHEMA'] ?? '';
    this.#schemas += 1;
    await this.#rehearsal.moveTo(`${setting.env['DATABASE_SCHEMA']}_${this.#schemas}`);
    await site.ao(['migrate']);
    const { stdout } = await site.ao(['cutover', 'adopt', '--from-schema', former]);
    this.#rehearsal.say(`  topics restored; ${stdout.trim()}`);
    await Promise.all(READ_AND_PUBLISH.map((role) => site.role(role)));
    await this.#rehearsal.startSettlement(true);
    // The former tables are served until the new ones hold as much.
    await this.#untilRootsAreBack();
    await site.stop('gateway');
    await site.role('gateway');
  }

  async #untilRootsAreBack(): Promise<void> {
    await until('every root of before is settled again', async () => (await this.#settledRoots()) >= this.#rootsBefore);
  }

  /** The new tables hold, made again, every root that the legacy system has. */
  async #untilComparable(): Promise<void> {
    const { rows: legacy } = await this.#rehearsal.setting.legacy.query<{ key: string }>(
      "select epoch || ' ' || channel as key from roots",
    );
    await until('the roots can be compared', async () => {
      const { rows } = await this.#rehearsal.ours.query<{ key: string }>(
        "select epoch || ' ' || channel as key from roots where tree_state = 'built'",
      );
      const made = new Set(rows.map(({ key }) => key));
      return legacy.every(({ key }) => made.has(key));
    });
  }

  async #untilServed(): Promise<void> {
    await this.#untilRootsAreBack();
    const { ports } = this.#rehearsal.setting;
    await until('the gateway and what it needs are well', async () => {
      const response = await fetch(`http://127.0.0.1:${ports.gateway}/health`);
      return ((await response.json()) as { status: string }).status === 'ok';
    });
  }
}
