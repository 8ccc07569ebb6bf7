/** What is deployed is the whole platform: every role, with every variable that it reads, and nothing more than it needs. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { ROLE_COMMANDS, variablesOfRoles } from '../cli/commands/roles.ts';
import { SECRET_VARIABLES } from '../runtime/secret-files.ts';

const root = resolve(import.meta.dirname, '..');
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Service {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
  readonly profiles?: readonly string[];
}

interface KubernetesDocument {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly maxReplicaCount?: number;
    readonly template: {
      readonly spec: {
        readonly securityContext: unknown;
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly { readonly args: readonly string[]; readonly env: readonly { name: string }[] }[];
      };
    };
  };
}

const compose = parse(text('docker-compose.kafka.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
};
const DEPLOYED = ROLE_COMMANDS.filter(({ local }) => local !== true).map(({ name }) => name);

/** Of the roles that run in containers: what is other inside than on the host. */
const INSIDE = new Set([
  'DATABASE_URL',
  'METRICS_ENDPOINT',
  'GATEWAY_HOST',
  'GATEWAY_PORT',
  'SETTLEMENT_KEYPAIR',
  'WEBHOOKS_FILE',
]);

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

  it('gives sink, gateway and settlement users of their own, and nobody the administrator of the database', () => {
    const userOf = (command: string, variable = 'DATABASE_URL'): string | undefined =>
      /postgresql:\/\/(\w+):/.exec(String(serviceOf(command)[1].environment?.[variable]))?.[1];
    const users = [userOf('sink'), userOf('gateway'), userOf('settle', 'SETTLEMENT_DATABASE_URL')];
    expect(users).toEqual(['ao_sink', 'ao_gateway', 'ao_settlement']);
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

describe('Kubernetes', () => {
  const documents = parseAllDocuments(text('deploy/kubernetes/platform.yaml')).map(
    (document) => document.toJS() as KubernetesDocument,
  );
  const deployments = documents.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');

  it('runs every role, with a probe for each question, as a user without rights on a file system that it cannot write', () => {
    const containers = deployments.map(({ spec }) => spec.template.spec.containers[0]);
    expect(containers.map((container) => container?.args[0]).sort()).toEqual([...DEPLOYED].sort());
    for (const { spec } of deployments) {
      expect(spec.template.spec.securityContext).toMatchObject({ runAsNonRoot: true });
      expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(5);
    }
    for (const container of containers) {
      expect(container).toMatchObject({
        livenessProbe: { httpGet: { path: '/livez' } },
        readinessProbe: { httpGet: { path: '/readyz' } },
        securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
      });
    }
  });

  it('keeps the name of a listener, under which its cursor stands, over upgrades', () => {
    const byName = deployments.filter(({ spec }) => JSON.stringify(spec).includes('"fieldPath":"metadata.name"'));
    expect(byName.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(['StatefulSet listener']);
  });

  it('sets no variable that the role does not read, and no secret by value', () => {
    for (const { spec } of deployments) {
      const [container] = spec.template.spec.containers;
      const read = new Set([...(variables.get(container?.args[0] ?? '') ?? []), 'AO_ENV_FILE']);
      const names = (container?.env ?? []).map(({ name }) => name);
      const asFile = new Set(SECRET_VARIABLES.map((name) => `${name}_FILE`));
      expect(names.filter((name) => !read.has(asFile.has(name as never) ? name.slice(0, -5) : name))).toEqual([]);
      expect(names.filter((name) => SECRET_VARIABLES.includes(name as never))).toEqual([]);
    }
  });

  it('takes away one of several at a time, and scales by the lag of groups, never above the partitions', () => {
    const named = (wanted: string): string[] =>
      documents.filter(({ kind }) => kind === wanted).map(({ metadata }) => metadata.name);
    expect(named('PodDisruptionBudget')).toEqual(['listener', 'processor', 'sink', 'settlement', 'gateway']);
    expect(named('ScaledObject')).toEqual(['processor', 'sink']);
    const partitions = Number(/^#KAFKA_PARTITIONS=(\d+)/m.exec(text('.env.example'))?.[1]);
    for (const { spec } of documents.filter(({ kind }) => kind === 'ScaledObject'))
      expect(spec.maxReplicaCount).toBe(partitions);
  });
});

describe('systemd', () => {
  const unit = text('deploy/systemd/ao@.service');

  it('does not start a role with a wrong configuration again and again, and lets each stop in order', () => {
    expect(unit).toMatch(/^RestartPreventExitStatus=2$/m);
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(5);
  });

  it.each([
    ['ao@.service', 'ao@listen.service'],
    ['ao-backup.service', 'ao-backup.service'],
    ['ao-backup.timer', 'ao-backup.timer'],
  ])('takes %s', (file, name) => {
    const dir = mkdtempSync(join(tmpdir(), 'units-'));
    // What lies elsewhere on this machine than on a server.
    const here = (unit: string): string =>
      text(`deploy/systemd/${unit}`)
        .replaceAll('/usr/bin/node', process.execPath)
        .replaceAll('/opt/attention-oracle', root)
        .replace('User=attention-oracle', `User=${userInfo().username}`);
    writeFileSync(join(dir, name), here(file));
    // A timer is verified with what it starts.
    if (file.endsWith('.timer')) writeFileSync(join(dir, 'ao-backup.service'), here('ao-backup.service'));
    const { error, stderr, status } = spawnSync('systemd-analyze', ['verify', '--man=no', join(dir, name)], {
      encoding: 'utf8',
    });
    rmSync(dir, { recursive: true });
    if (error !== undefined) {
      process.stderr.write(`NOT RUN: systemd-analyze is not here (${error.message})\n`);
      return;
    }
    expect(stderr.split('\n').filter((line) => line.includes('ao@') || line.includes('ao-backup'))).toEqual([]);
    expect(status).toBe(0);
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
    expect(dockerfile).toMatch(/^USER 1000:1000$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK [^]*\/livez/m);
    expect(dockerfile).toContain('ENV METRICS_ENDPOINT=http://0.0.0.0:9100/metrics');
  });
});
