/** What is deployed is the whole platform: every role, with every variable that it reads, and nothing more than it needs. */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { ROLE_COMMANDS, variablesOfRoles } from '../cli/commands/roles.ts';

const root = resolve(import.meta.dirname, '..');
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Service {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
  readonly profiles?: readonly string[];
}

const compose = parse(text('docker-compose.kafka.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
};
const DEPLOYED = ROLE_COMMANDS.filter(({ local }) => local !== true).map(({ name }) => name);

/** Of the roles that run in containers: what is other inside than on the host. */
const INSIDE = new Set(['DATABASE_URL', 'METRICS_ENDPOINT', 'GATEWAY_HOST', 'GATEWAY_PORT', 'SETTLEMENT_KEYPAIR']);

function serviceOf(command: string): readonly [string, Service] {
  const found = Object.entries(compose.services).filter(([, service]) => service.command?.[0] === command);
  expect(found).toHaveLength(1);
  return found[0] as [string, Service];
}

let variables: Map<string, string[]>;

beforeAll(async () => {
  variables = await variablesOfRoles();
});

describe('the compose file', () => {
  it.each(DEPLOYED)('hands %s every variable that it reads, and no other', (command) => {
    const [, { environment = {} }] = serviceOf(command);
    expect(Object.keys(environment).sort()).toEqual([...(variables.get(command) ?? [])].sort());
    const changed = Object.entries(environment).filter(
      ([name, value]) => !INSIDE.has(name) && !new RegExp(`^\\$\\{${name}(:[-?+].*)?\\}$`).test(String(value)),
    );
    expect(changed).toEqual([]);
  });

  it('passes every variable of .env.example on to a role, but for those of development', () => {
    const [deployed = ''] = text('.env.example').split('## Local chain');
    const named = [...deployed.matchAll(/^#([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(60);
    const passed = new Set(DEPLOYED.flatMap((command) => Object.keys(serviceOf(command)[1].environment ?? {})));
    expect(named.filter((name) => !passed.has(name ?? ''))).toEqual([]);
  });

  it.each(DEPLOYED)('asks %s by /livez whether it hangs, and lets it stop in order', (command) => {
    const [, service] = serviceOf(command);
    expect(service.healthcheck?.test.join(' ')).toMatch(/127\.0\.0\.1:9100\/livez/);
    expect(service.environment?.['METRICS_ENDPOINT']).toBe('http://0.0.0.0:9100/metrics');
    // STOP_TIMEOUT_MS is 5 s by default.
    expect(Number.parseInt(service.stop_grace_period ?? '', 10)).toBeGreaterThan(5);
  });

  it('gives sink and gateway users of their own, and nobody the administrator of the database', () => {
    const userOf = (command: string): string =>
      new URL(String(serviceOf(command)[1].environment?.['DATABASE_URL']).replaceAll(/\$\{.*?\}/g, 'x')).username;
    expect([userOf('sink'), userOf('gateway')]).toEqual(['ao_sink', 'ao_gateway']);
    const administrator = String(compose.services['postgres']?.environment?.['POSTGRES_USER']);
    const roles = DEPLOYED.map((command) => JSON.stringify(serviceOf(command)[1].environment));
    expect(roles.filter((environment) => environment.includes(`//${administrator}:`))).toEqual([]);
    expect(roles.join()).not.toContain('POSTGRES_PASSWORD');
  });

  it('starts settlement without a key, which then only shows what it would send', () => {
    const { environment } = serviceOf('settle')[1];
    expect(environment?.['SETTLEMENT_KEYPAIR']).toBe('${SETTLEMENT_KEYPAIR_FILE:+/run/secrets/settlement-key}');
  });
});

describe('Prometheus', () => {
  it('scrapes every role: those of a profile only where they run', () => {
    const { scrape_configs: jobs } = parse(text('deploy/prometheus/prometheus.yml')) as {
      scrape_configs: {
        static_configs: { targets: string[] }[];
        dns_sd_configs: { names: string[]; port: number }[];
      }[];
    };
    const always = jobs.flatMap((job) => job.static_configs.flatMap(({ targets }) => targets));
    const sometimes = jobs.flatMap((job) =>
      job.dns_sd_configs.flatMap(({ names, port }) => names.map((n) => `${n}:${port}`)),
    );
    const services = DEPLOYED.map(serviceOf);
    const named = (isProfile: boolean): string[] =>
      services.filter(([, { profiles }]) => (profiles !== undefined) === isProfile).map(([name]) => `${name}:9100`);
    expect(always.sort()).toEqual(named(false).sort());
    expect(sometimes.sort()).toEqual(named(true).sort());
  });
});

describe('PM2', () => {
  const { apps } = createRequire(import.meta.url)('./pm2/ecosystem.config.cjs') as {
    apps: {
      name: string;
      args: string;
      cwd: string;
      script: string;
      stop_exit_codes: number[];
      kill_timeout: number;
    }[];
  };

  it('runs every role, with .env of the repository as its file of variables', () => {
    expect(apps.map(({ args }) => args).sort()).toEqual([...DEPLOYED].sort());
    for (const { cwd, script } of apps) {
      expect(cwd).toBe(root);
      expect(existsSync(join(cwd, script))).toBe(true);
    }
  });

  it('does not start a role with a wrong configuration again and again, and lets each stop in order', () => {
    for (const app of apps) {
      expect(app.stop_exit_codes).toEqual([2]);
      expect(app.kill_timeout).toBeGreaterThan(5000);
    }
  });
});

describe('the image', () => {
  const copied = [...text('deploy/docker/Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
    .flatMap(([, sources = '']) => sources.split(' '))
    .map((source) => source.replace(/\/$/, ''));

  /** Files that are loaded with one, but for those loaded when asked for. */
  function closure(file: string, seen = new Set<string>()): Set<string> {
    if (seen.has(file)) return seen;
    seen.add(file);
    for (const [, target = ''] of text(file).matchAll(
      /^(?:import|export)\s(?!type\b)[^;]*?from '(\.[^']+)'|^import '(\.[^']+)'/gms,
    ))
      if (/\.(ts|mjs)$/.test(target)) closure(relative(root, resolve(root, dirname(file), target)), seen);
    return seen;
  }

  it('holds every file that the command and the roles load', () => {
    const mains = [...text('cli/commands/roles.ts').matchAll(/import\('\.\.\/(?:\.\.\/)?([^']+)'\)/g)]
      .map(([, path = '']) => (path.startsWith('lag/') ? `cli/${path}` : path))
      .filter((path) => !path.startsWith('local/'));
    expect(mains).toHaveLength(DEPLOYED.length);
    const files = new Set(['cli/ao.ts', ...mains].flatMap((file) => [...closure(file)]));
    expect(files.size).toBeGreaterThan(100);
    const missing = [...files].filter((file) => !copied.some((path) => file === path || file.startsWith(`${path}/`)));
    expect(missing).toEqual([]);
  });

  it('runs as a user without rights and says by /livez whether it hangs', () => {
    const dockerfile = text('deploy/docker/Dockerfile');
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK [^]*\/livez/m);
    expect(dockerfile).toContain('ENV METRICS_ENDPOINT=http://0.0.0.0:9100/metrics');
  });
});
