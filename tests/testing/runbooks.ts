/** The commands of docs/runbooks, as they stand in the pages, and how a test runs them on its platform. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Pool } from 'pg';
import { runAo } from './role-process.ts';

const folder = resolve(import.meta.dirname, '../../docs/runbooks');

/** By the role's default port, its command. */
const ROLE_OF_PORT: Readonly<Record<string, string>> = {
  PORT: 'listen',
  9101: 'listen',
  9102: 'process',
  9103: 'sink',
  9104: 'settle',
  9105: 'webhook',
  9106: 'lag-exporter',
  9107: 'gateway',
  9108: 'webhooks',
};
/**
 * They need what this test does not have, backups and a plan of the cut-over, and are run by the rehearsal (tests/rehearsal): here they must
 * exist, with the options that are given.
 */
const RUN_BY_THE_REHEARSAL = /^npx ao (backup (run|restore|restore-topics)|cutover (start|rollback|sign|adopt))\b/;
const VALUES: Readonly<Record<string, string>> = { CODE: 'RECORD_MALFORMED', URL: 'legacy.json', EPOCH: '0' };
/** What commands may answer besides 0, as their pages say. */
const ANSWERS: readonly (readonly [RegExp, number])[] = [
  [/^npx ao epoch-base check/, 1],
  [/^npx ao parity/, 3],
  // An endpoint that does not take it.
  [/^npx ao webhooks test/, 1],
];

export interface RunbookPlatform {
  readonly env: Readonly<Record<string, string>>;
  readonly pool: Pool;
  /** Operators' doors, by the role's command. */
  readonly doors: ReadonlyMap<string, string>;
  readonly dir: string;
}

/** Every page with the lines of its steps. */
export function runbookSteps(): Map<string, string[]> {
  const pages = readdirSync(folder).filter((name) => name !== 'README.md');
  return new Map(
    pages.map((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return [name, [...text.matchAll(/^\d+\. (.*)$/gm)].map(([, step = '']) => step)];
    }),
  );
}

/** Every command, once. */
export function runbookCommands(): string[] {
  const steps = [...runbookSteps().values()].flat();
  return [...new Set(steps.map((step) => /^`([^`]+)`$/.exec(step)?.[1] ?? `not a command: ${step}`))];
}

/** Runs a command as far as it is safe. @returns what is wrong with it; undefined where nothing is. */
export async function runCommand(command: string, platform: RunbookPlatform): Promise<string | undefined> {
  const [, port = '', path = ''] = /^curl -s http:\/\/127\.0\.0\.1:(\w+)\/(\w+)$/.exec(command) ?? [];
  if (port !== '') {
    const door = platform.doors.get(ROLE_OF_PORT[port] ?? '');
    const { status } = await fetch(`${door}/${path}`);
    // A role that holds says so with 503.
    return status === 200 || (status === 503 && path !== 'metrics') ? undefined : `status ${status}`;
  }
  const sql = /^psql "\$DATABASE_URL" -c "(.+)"$/.exec(command)?.[1];
  if (sql !== undefined) {
    await platform.pool.query(sql.replaceAll('attention_oracle.', ''));
    return undefined;
  }
  if (command.startsWith('npx ao ')) return runTool(command, platform);
  return command.startsWith('solana transfer ') ? undefined : 'nothing that a test knows how to run';
}

async function runTool(command: string, { env, dir, pool }: RunbookPlatform): Promise<string | undefined> {
  writeFileSync(join(dir, 'legacy.json'), '{"roots": []}');
  const words = command.slice('npx ao '.length).split(' ');
  if (!RUN_BY_THE_REHEARSAL.test(command)) {
    const values = { ...VALUES, ...(await provenSlot(pool)) };
    const args = words.map((word) => values[word] ?? word);
    const { status, stderr } = await runAo(args, env, dir);
    const isAnswer = status === 0 || ANSWERS.some(([pattern, answer]) => answer === status && pattern.test(command));
    return isAnswer ? undefined : `status ${status}: ${stderr}`;
  }
  const path = words.slice(
    0,
    [...words, '--'].findIndex((word) => word.startsWith('--')),
  );
  const { status, stdout } = await runAo([...path, '--help'], env, dir);
  const unknown = words.filter((word) => word.startsWith('--') && !stdout.includes(word));
  return status === 0 && unknown.length === 0 ? undefined : `status ${status}, unknown: ${unknown.join(' ')}`;
}

/** A range of one slot that is proven, with a claim in it. */
async function provenSlot(pool: Pool): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ slot: string }>(
    "select min(slot)::text as slot from claims where status in ('included', 'settled')",
  );
  const slot = rows[0]?.slot ?? '';
  return { FROM: slot, TO: slot };
}
