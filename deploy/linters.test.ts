/** What is deployed is what its own tools take: image, Kubernetes manifests and compose file. (The units of systemd: deployment.test.ts.) */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { composeSpec, hadolint, kubeconform, kubernetesSchemas, orReason } from './testing/lint-tools.ts';

const root = resolve(import.meta.dirname, '..');
const COMPOSE_FILE = 'docker-compose.kafka.yml';
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ao-linters-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function lint(program: string, args: readonly string[], cwd = root): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

describe('hadolint', () => {
  it('finds nothing in the Dockerfile, and something in a bad one', async () => {
    const program = await orReason(hadolint);
    if (program === undefined) return;
    expect(lint(program, ['deploy/docker/Dockerfile'])).toEqual({ status: 0, output: '' });
    writeFileSync(join(dir, 'Dockerfile'), 'FROM node:latest\nRUN cd /tmp\n');
    expect(lint(program, [join(dir, 'Dockerfile')])).toMatchObject({
      output: expect.stringMatching(/DL3007/) as unknown,
    });
  });
});

describe('kubeconform', () => {
  it("knows every resource and every field of the manifests, KEDA's among them, and not others", async () => {
    const program = await orReason(kubeconform);
    const schemas = await orReason(kubernetesSchemas);
    if (program === undefined || schemas === undefined) return;
    const check = (file: string) => lint(program, ['-strict', '-summary', '-schema-location', schemas, file]);
    const { status, output } = check('deploy/kubernetes/platform.yaml');
    expect({ status, output }).toMatchObject({ status: 0 });
    expect(output).toMatch(/Invalid: 0, Errors: 0, Skipped: 0/);
    for (const [kind, wrong] of [
      ['apps/v1\nkind: Deployment', 'selector: {}\n  template: {}\n  replica: 2'],
      ['keda.sh/v1alpha1\nkind: ScaledObject', 'scaleTargetRef: { name: x }\n  triggers: []\n  maxReplicas: 2'],
    ]) {
      writeFileSync(join(dir, 'wrong.yaml'), `apiVersion: ${kind}\nmetadata: { name: x }\nspec:\n  ${wrong}\n`);
      expect(check(join(dir, 'wrong.yaml'))).toMatchObject({ status: 1 });
    }
  });
});

describe('the Compose Specification', () => {
  it('takes the compose file, which lacks nothing but what its head says must be set', async () => {
    const program = await orReason(composeSpec);
    if (program === undefined) return;
    copyFileSync(join(root, COMPOSE_FILE), join(dir, COMPOSE_FILE));
    const { status, output } = lint(program, ['-no-interpolation', COMPOSE_FILE], dir);
    expect(status).toBe(0);
    expect(Object.keys((parse(output) as { services: object }).services)).toContain('gateway');
    const unset = lint(program, [COMPOSE_FILE], dir);
    const missing = [...unset.output.matchAll(/required variable (\w+) is missing a value/g)].map(([, name]) => name);
    expect([...new Set(missing)].sort()).toEqual([
      ...['ANCHOR_PROVIDER_URL', 'GATEWAY_DATABASE_PASSWORD', 'GRAFANA_PASSWORD', 'MINT_PUBKEY', 'POSTGRES_PASSWORD'],
      'SINK_DATABASE_PASSWORD',
    ]);
    expect(unset.output.match(/error while/g)?.length).toBe(missing.length);
    writeFileSync(join(dir, COMPOSE_FILE), 'services: { gateway: { image: x, comand: [gateway] } }\n');
    expect(lint(program, ['-no-interpolation', COMPOSE_FILE], dir).status).toBe(1);
  });
});
