/** A real Prometheus that scrapes the roles of a test under the deployed rules. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { PrometheusPrograms } from '../../bootstrap/prometheus.mjs';
import { pickPort } from '../../local/stack/ports.ts';
import { type ManagedProcess, startProcess } from '../../local/stack/process.ts';

/** A sample of an instant vector. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** What Prometheus says of a rule. */
export interface RuleState {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
  readonly alerts: readonly { readonly labels: Readonly<Record<string, string>>; readonly state: string }[];
}

export class Prometheus {
  readonly #process: ManagedProcess;
  readonly #url: string;

  private constructor(process: ManagedProcess, url: string) {
    this.#process = process;
    this.#url = url;
  }

  /** @param targets Operators' doors, by the name that a deployment gives them. Scraped each second under the deployed rules. */
  static async start(
    programs: PrometheusPrograms,
    targets: ReadonlyMap<string, string>,
    dir: string,
  ): Promise<Prometheus> {
    mkdirSync(dir, { recursive: true });
    const scrapes = [...targets].map(([instance, url]) => ({
      targets: [new URL(url).host],
      labels: { instance },
    }));
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [resolve(import.meta.dirname, '../../deploy/prometheus/alerts.yml')],
      scrape_configs: [{ job_name: 'attention-oracle', static_configs: scrapes }],
    };
    // JSON is YAML.
    writeFileSync(join(dir, 'prometheus.yml'), JSON.stringify(config));
    const port = await pickPort({ name: 'Prometheus' });
    const managed = startProcess({
      name: 'Prometheus',
      command: programs.prometheus,
      args: [
        `--config.file=${join(dir, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(dir, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      cwd: dir,
      logFile: join(dir, 'prometheus.log'),
      pidFile: join(dir, 'prometheus.pid'),
      stopSignal: 'SIGTERM',
    });
    const url = `http://127.0.0.1:${port}`;
    const isReady = async (): Promise<boolean> => (await fetch(`${url}/-/ready`)).ok;
    await managed.waitUntilReady(() => isReady().catch(() => false), { idleMs: 120_000 });
    return new Prometheus(managed, url);
  }

  /** @throws Error with what Prometheus says where the query is broken. */
  async query(expression: string): Promise<Sample[]> {
    const body = new URLSearchParams({ query: expression });
    const { result } = await this.#data<{ result: Sample[] }>('/api/v1/query', { method: 'POST', body });
    return result;
  }

  async rules(): Promise<RuleState[]> {
    const { groups } = await this.#data<{ groups: { rules: RuleState[] }[] }>('/api/v1/rules');
    return groups.flatMap(({ rules }) => rules);
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  async #data<Data>(path: string, init?: RequestInit): Promise<Data> {
    const answer = (await (await fetch(`${this.#url}${path}`, init)).json()) as { data: Data; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.data;
  }
}
