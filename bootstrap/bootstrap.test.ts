import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const run = fileURLToPath(new URL('./run.mjs', import.meta.url));
let dir: string;
let bin: string;
let tools: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bootstrap test-'));
  bin = join(dir, 'bin');
  tools = join(dir, 'tools');
  mkdirSync(bin);
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function program(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

/** Runs the bootstrap with only the given programs on PATH and with no registry to be reached. */
function bootstrap(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  symlinkSync('/bin/sh', join(bin, 'sh'));
  const env = {
    PATH: [bin].join(delimiter),
    HOME: join(dir, 'no-such-home'),
    AO_TOOLS_DIR: tools,
    // Where a container engine is, Java is not needed.
    AO_STACK: 'embedded',
    npm_config_registry: 'http://127.0.0.1:9/',
    npm_config_fetch_retries: '0',
    ...(process.env.npm_execpath === undefined ? {} : { npm_execpath: process.env.npm_execpath }),
  };
  return spawnSync(process.execPath, [run, ...args], { env, encoding: 'utf8' });
}

describe('the bootstrap', () => {
  it('names the known commands for an unknown one', () => {
    const { status, stderr } = bootstrap('begin');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Unknown command "begin": use one of start, .*check, mutants\.\n$/);
  });

  it('says in one sentence what to install where there is no Java', () => {
    const { status, stdout, stderr } = bootstrap('start');
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^Java 17 or newer is needed .* none is on PATH or in JAVA_HOME: install it .*\n$/);
  });

  it('says which Java is too old', () => {
    program('java', 'echo \'openjdk version "11.0.2" 2019-01-15\' >&2');
    expect(bootstrap('start').stderr).toMatch(/only Java 11 is here: install it/);
  });

  it('needs no Java for a start on services that are given', () => {
    const { stderr } = bootstrap(
      'start',
      '--brokers=127.0.0.1:1',
      '--registry',
      'http://127.0.0.1:1',
      '--no-such-option',
    );
    expect(stderr).not.toMatch(/Java/);
  });

  it("gives Maven's reason and leaves nothing half-installed when a download fails", () => {
    program('java', 'echo \'openjdk version "21.0.1" 2023-10-17\' >&2');
    program('mvn', "echo '[ERROR] Could not transfer artifact: the repository is down'; exit 1");
    const { status, stderr } = bootstrap('start');
    expect(status).toBe(1);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^Fetching Kafka .* failed: Could not transfer artifact: the repository is down\. Check/,
    );
    expect(readdirSync(tools)).toEqual([]);
  });
});
