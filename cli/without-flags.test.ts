/** Every command of `ao` without flags, one after the other, on real parts: each gives data, or a sentence with what there is. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Command } from 'commander';
import { GatewayRig } from '../graphql/testing/rig.ts';
import { seedRoot } from '../graphql/testing/seed.ts';
import { messageOf } from '../runtime/errors.ts';
import { runOrShowChoices } from './choices.ts';
import { ROLE_COMMANDS } from './commands/roles.ts';
import { aoProgram } from './program.ts';

/** What runs until it is ended, or for long, or reads standard input; their own tests run them. */
const LEFT_OUT = new Set([
  ...ROLE_COMMANDS.map(({ name }) => name),
  'follow',
  'rebuild',
  'backup run',
  'backup wal',
  'backup verify',
  'verify',
]);

function paths(command: Command, path: string): string[] {
  return [path, ...command.commands.flatMap((below) => paths(below, `${path} ${below.name()}`))];
}

const everything = aoProgram(undefined)
  .commands.flatMap((command) => paths(command, command.name()))
  .filter((path) => !LEFT_OUT.has(path));

let rig: GatewayRig;
let dir: string;
const before = { ...process.env };
const cwd = process.cwd();

beforeAll(async () => {
  rig = await GatewayRig.create();
  const { url } = await rig.start();
  await seedRoot(rig.pool, { channel: 'lofi', epoch: 3, count: 5, settled: true, amount: 7n });
  await seedRoot(rig.pool, { channel: 'lacy', epoch: 4, count: 3, settled: false, amount: 7n });
  dir = mkdtempSync(join(tmpdir(), 'without-flags-'));
  process.chdir(dir);
  Object.assign(process.env, rig.env, { GATEWAY_PORT: new URL(url).port });
});

afterAll(async () => {
  process.chdir(cwd);
  process.env = before;
  process.exitCode = 0;
  await rig.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** What it prints, but for what says only that something is missing. */
async function alone(path: string): Promise<string> {
  let text = '';
  const keep = (chunk: unknown): boolean => {
    text += String(chunk);
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockImplementation(keep));
  try {
    await runOrShowChoices(aoProgram(undefined), path.split(' '));
  } catch (error) {
    text += `ao: ${messageOf(error)}\n`;
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return text.replaceAll(/^(error: .*|\(for example: .*)$/gm, '').trim();
}

describe('ao without flags', () => {
  it.each(everything)('%s gives data, or says what there is to choose', async (path) => {
    const text = await alone(path);
    // A table of data, a JSON object, or a sentence.
    expect(text).toMatch(/│|^\{|[a-z]{2,} .*[a-z]{2,}/m);
    expect(text).not.toMatch(/\bundefined\b|\[object|^\s+at .*:\d+:\d+/m);
  });

  it.each([
    ['replay', /--group and --topic[^]*(│ group|no group has read anything yet)/],
    ['backfill', /--from-slot and --to-slot[^]*proven/],
    ['settle dry-run', /channel and epoch of a root[^]*lofi/],
    ['export proofs', /--to, a folder[^]*lofi/],
    ['dlq', /there is no dead letter/],
    ['proof', /leaf 0 of lacy, epoch 4/],
    ['claim', /Whose claims\? Give --keypair FILE/],
    ['roots', /lofi/],
    ['tail', /ao\.roots\.v1/],
  ])('%s says so with what there is', async (path, sentence) => {
    expect(await alone(path)).toMatch(sentence);
  });
});
