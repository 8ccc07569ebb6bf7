/** The cut-over from beginning to end on the real roles, in its short form; `npm run rehearse` is the long one, with losses. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { StartedPart } from '../local/stack/part.ts';
import { startPostgres } from '../local/stack/postgres.ts';
import { countIn, unansweredOutside } from './rehearsal/client/asked.ts';
import { Rehearsal } from './rehearsal/rehearsal.ts';
import { judge } from './rehearsal/verdict.ts';
import { finish, goBack, goOverAgain, goOverWithFault, parallelRun } from './rehearsal/way.ts';
import { testStack, uniqueName } from './testing/stack.ts';

const dir = mkdtempSync(join(tmpdir(), 'ao-rehearsal-'));
const lines: string[] = [];
let postgres: StartedPart;
let rehearsal: Rehearsal;

beforeAll(async () => {
  // A server of its own: a backup is of the whole server.
  postgres = await startPostgres({ dir: join(dir, 'postgres'), ports: {}, durable: false });
  const { kafkaBrokers, registryUrl } = testStack();
  rehearsal = await Rehearsal.start({
    dir: join(dir, 'site'),
    name: uniqueName('rehearsal'),
    addresses: { kafkaBrokers: kafkaBrokers.join(','), registryUrl, databaseUrl: postgres.address },
    say: (line) => lines.push(line),
  });
});

afterAll(async () => {
  await rehearsal?.stop();
  await postgres?.stop();
  rmSync(dir, { recursive: true, force: true });
});

it('proves parity beside the legacy system, and refuses phase 2 while nobody has signed', async () => {
  await parallelRun(rehearsal);
});

it('goes over, with the command and two roles killed once the port has gone over', async () => {
  await goOverWithFault(rehearsal);
});

it('goes back, and the legacy system works off what it has missed', async () => {
  await goBack(rehearsal);
});

it('goes over again and to the end, behind which nothing goes back', async () => {
  await goOverAgain(rehearsal);
  await finish(rehearsal);
});

it('nothing is lost, nothing published twice, and nobody refused but between the two ports', async () => {
  const { claims, roots, both, published } = await judge(rehearsal);
  expect(claims).toBeGreaterThan(20);
  expect(both).toBeGreaterThan(0);
  expect(roots).toBeGreaterThan(both);
  expect(published).toBe(roots);

  const asked = rehearsal.asked();
  const switches = await rehearsal.switches();
  expect(switches.map(({ name }) => name)).toEqual(['gateway-over', 'gateway-back', 'gateway-over']);
  expect(unansweredOutside(asked, switches)).toEqual([]);
  expect(new Set(asked.flatMap(({ root }) => root ?? [])).size).toBe(1);
  expect(asked.at(0)?.outcome).toBe('legacy');
  expect(asked.at(-1)?.outcome).toBe('new');
  expect(rehearsal.site.endedUnasked).toEqual([]);
  // The seconds are told; the long form holds them to their bound.
  for (const stretch of switches) lines.push(JSON.stringify(countIn(asked, stretch)));
  process.stderr.write(`${lines.join('\n')}\n`);
});
