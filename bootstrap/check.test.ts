import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { moduleCommand } from './node-module.mjs';
import { rootDir } from './paths.mjs';

const CORE_FILE = 'processors/epoch-roots/core/rules.ts';
const environment = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' };

let tree: string;

/** The rules that the import check finds broken by a file of these contents in a small tree. */
function brokenRules(path: string, source: string): string[] {
  writeFileSync(join(tree, path), source);
  const depcruise = moduleCommand('dependency-cruiser', 'depcruise');
  const args = [depcruise, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', path];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: tree, encoding: 'utf8', env: environment });
  if (stdout === '') throw new Error(stderr);
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { from: string; rule: { name: string }; to: string }[] };
  };
  return summary.violations.filter(({ from }) => from === path).map(({ rule }) => rule.name);
}

beforeAll(() => {
  // Inside the checkout, so that packages are found; seen from its own root, where the rules' paths begin.
  mkdirSync(join(rootDir, '.data'), { recursive: true });
  tree = mkdtempSync(join(rootDir, '.data', 'check-test-'));
  for (const path of ['.dependency-cruiser.cjs', 'tsconfig.json', 'runtime', 'domain', 'schemas']) {
    cpSync(join(rootDir, path), join(tree, path), { recursive: true });
  }
  mkdirSync(join(tree, 'processors/epoch-roots/core'), { recursive: true });
  mkdirSync(join(tree, 'processors/epoch-roots/io'), { recursive: true });
  writeFileSync(join(tree, 'processors/epoch-roots/io/edge.ts'), 'export const edge = 1;\n');
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe('a core that reaches for the world fails the check', () => {
  it.each([
    'pg',
    'kafkajs',
    'pino',
    'node:fs',
    'node:timers/promises',
    '../../../runtime/role.ts',
    '../../../runtime/ops-server.ts',
    '../../../runtime/kafka/codec.ts',
    '../io/edge.ts',
  ])('by importing %s', (module) => {
    expect(brokenRules(CORE_FILE, `import * as it from '${module}';\nexport const rules = it;\n`)).toContain(
      'core-is-pure',
    );
  });

  it('but not by importing contracts, rules of the domain and errors', () => {
    const source = `
      import { z } from 'zod';
      import { epochOfSlot } from '../../../domain/epoch-schedule.ts';
      import { AppError } from '../../../runtime/errors.ts';
      import { TOPICS } from '../../../schemas/topics.ts';
      export const rules = [z, epochOfSlot, AppError, TOPICS];`;
    expect(brokenRules(CORE_FILE, source)).toEqual([]);
  });

  it('by asking for the time, for chance or for the environment', () => {
    const impure = [
      'Date.now()',
      'new Date()',
      'Math.random()',
      'process.env',
      'performance.now()',
      'globalThis.process',
      'setTimeout(() => 1, 1)',
      "import('node:fs')",
    ];
    const source = `${impure.map((expression, i) => `export const a${i} = ${expression};`).join('\n')}\n`;
    const args = [moduleCommand('eslint', 'eslint'), '--stdin', '--stdin-filename', CORE_FILE, '--format', 'json'];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: rootDir,
      encoding: 'utf8',
      input: source,
      env: environment,
    });
    if (stdout === '') throw new Error(stderr);
    const [report] = JSON.parse(stdout) as [{ messages: { ruleId: string; line: number }[] }];
    const refused = report.messages.filter(({ ruleId }) => ruleId.startsWith('no-restricted-'));
    expect([...new Set(refused.map(({ line }) => line))]).toEqual(impure.map((_, i) => i + 1));
  });
});

describe("Kafka's library stands behind one door", () => {
  it.each([
    ['a role', 'processors/epoch-roots/io/edge.ts', "import { Kafka } from 'kafkajs';\nexport const it = Kafka;\n"],
    ['a role, for its types', 'processors/epoch-roots/io/edge.ts', "export type { Admin } from 'kafkajs';\n"],
    [
      'a test',
      'processors/epoch-roots/io/edge.test.ts',
      "import { logLevel } from 'kafkajs';\nexport const it = logLevel;\n",
    ],
    [
      "a role, for the registry's client",
      'processors/epoch-roots/io/edge.ts',
      "import { SchemaType } from '@kafkajs/confluent-schema-registry';\nexport const it = SchemaType;\n",
    ],
    [
      'a role, through the door',
      'processors/epoch-roots/io/edge.ts',
      "export { libraryOf } from '../../../runtime/kafka/library.ts';\n",
    ],
    ['another file of runtime', 'runtime/edge.ts', "export { Kafka } from 'kafkajs';\n"],
  ])('so that %s may not import it', (_who, path, source) => {
    expect(brokenRules(path, source)).toEqual(['kafkajs-behind-one-door']);
  });

  it('which is runtime/kafka', () => {
    expect(brokenRules('runtime/kafka/edge.ts', "export { Kafka } from 'kafkajs';\n")).toEqual([]);
  });
});
