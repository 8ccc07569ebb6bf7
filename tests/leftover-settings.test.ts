/** What an earlier `npm start`, a file or the environment leaves, and what a role takes of it. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { announcePlatform } from '../local/start/running-platform.ts';
import { RoleProcess, runAo } from './testing/role-process.ts';
import { until } from './testing/until.ts';

const DEMO = { AUTO_PUBLISH: 'true', EPOCH_BASE: '10', EPOCH_DURATION_SLOTS: '25', LOG_LEVEL: 'debug' };
const NOWHERE = {
  KAFKA_BROKERS: '127.0.0.1:1',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
  METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
  MINT_PUBKEY: 'So11111111111111111111111111111111111111112',
};

let dir: string;
let role: RoleProcess | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'settings-'));
});

afterEach(async () => {
  await role?.stop();
  role = undefined;
  rmSync(dir, { recursive: true, force: true });
});

/** The settings that a role says it starts with, and where they come from. */
async function startingLine(
  command: string,
  env: Record<string, string>,
): Promise<{ config: Record<string, unknown>; from: Record<string, string> }> {
  const process = new RoleProcess(command, command, { ...NOWHERE, ...env }, dir);
  role = process;
  const line = await until('the role says its settings', () => process.log().find(({ msg }) => msg === 'starting'));
  return line as unknown as Awaited<ReturnType<typeof startingLine>>;
}

describe('a role', () => {
  it.each(['settle', 'process'])('does not publish or count by what a demo has left in .data (%s)', async (command) => {
    mkdirSync(join(dir, '.data'));
    const lines = Object.entries(DEMO).map(([name, value]) => `${name}='${value}'\n`);
    writeFileSync(join(dir, '.data', 'local.env'), lines.join(''));
    announcePlatform(join(dir, '.data'), DEMO, join(dir, '.data', 'platforms'));
    const { config, from } = await startingLine(command, {});
    expect(config).toMatchObject({ LOG_LEVEL: 'info' });
    if (command === 'settle') expect(config).toMatchObject({ AUTO_PUBLISH: false });
    else expect(config).toMatchObject({ EPOCH_BASE: '0', EPOCH_DURATION_SLOTS: 432_000 });
    expect(from['LOG_LEVEL']).toBe('default');
  });

  it('says of each setting whether it comes from the environment, from .env or is the default, and hides secrets', async () => {
    writeFileSync(join(dir, '.env'), 'KAFKA_PARTITIONS=2\nEPOCH_BASE=30\nKAFKA_SASL_PASSWORD=hunter2\n');
    const { config, from } = await startingLine('process', { EPOCH_BASE: '20' });
    expect(config).toMatchObject({ KAFKA_PARTITIONS: 2, EPOCH_BASE: '20' });
    expect(from).toMatchObject({
      KAFKA_PARTITIONS: '.env',
      EPOCH_BASE: 'environment',
      KAFKA_BROKERS: 'environment',
      FINALIZE_THRESHOLD_SECS: 'default',
      KAFKA_SASL_PASSWORD: '.env',
    });
    expect(from).not.toHaveProperty('KAFKA_SASL_USERNAME');
    expect(role?.output()).not.toContain('hunter2');
  });

  it('refuses --data, and a file of variables that is not there', async () => {
    const refused = await runAo(['process', '--data', dir], NOWHERE, dir);
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('--data is for tools') });
    const missing = await runAo(['process'], { ...NOWHERE, AO_ENV_FILE: 'production.env' }, dir);
    expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining('production.env') });
  });
});

describe('a tool', () => {
  it('finds the platform on the folder that --data names, before or behind the command, and says which', async () => {
    const data = join(dir, 'somewhere');
    mkdirSync(data);
    announcePlatform(data, { DATABASE_URL: 'postgresql://127.0.0.1:2/ao' }, join(dir, 'platforms'));
    for (const args of [
      ['--data', data, 'migrate'],
      ['migrate', '--data', data],
    ]) {
      const { status, stderr } = await runAo(args, NOWHERE, dir);
      expect(status).toBe(1);
      expect(stderr).toContain(`working on the npm start of ${data} (process ${process.pid})`);
      expect(stderr).toContain('127.0.0.1:2');
    }
  });

  it('does not work on a platform that is gone', async () => {
    const { status, stderr } = await runAo(['migrate', '--data', dir], NOWHERE, dir);
    expect(status).toBe(1);
    expect(stderr).toContain(`No npm start runs on ${dir}`);
  });
});
