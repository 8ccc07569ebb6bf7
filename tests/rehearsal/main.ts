/** `npm run rehearse [-- --log FILE]`: the cut-over on this machine from beginning to end, with losses and restores. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { countIn, unansweredOutside } from './client/asked.ts';
import { Drills } from './drills.ts';
import { Parts } from './parts.ts';
import { Rehearsal } from './rehearsal.ts';
import { faultsOf, pageOf } from './report.ts';
import { readFigures, successMetrics } from './success-metrics.ts';
import { judge } from './verdict.ts';
import { comparedEqual, finish, goBack, goOverAgain, goOverWithFault, parallelRun } from './way.ts';

const REPO = resolve(import.meta.dirname, '../..');
const { values } = parseArgs({ options: { log: { type: 'string', default: join(REPO, 'docs/rehearsal.md') } } });
const dir = join(REPO, '.data', `rehearsal-${process.pid}`);
const lines: string[] = [];
/** The log is kept: of this machine it says nothing. */
const say = (told: string): void => {
  const line = told.replaceAll(dir, 'DIR').replaceAll(REPO, '.');
  lines.push(line);
  process.stdout.write(`${line}\n`);
};
mkdirSync(dir, { recursive: true });
const loadBefore = loadavg()[0] ?? 0;
const parts = await Parts.start(dir);
const rehearsal = await Rehearsal.start({
  dir: join(dir, 'site'),
  name: 'rehearsal',
  addresses: parts.addresses,
  say,
}).catch(async (error: unknown) => {
  await parts.stop();
  throw error;
});
try {
  await parallelRun(rehearsal);
  await goOverWithFault(rehearsal);
  await goBack(rehearsal);
  const both = await comparedEqual(rehearsal);
  await goOverAgain(rehearsal);
  const figures = await readFigures(rehearsal);
  const drills = await new Drills(rehearsal, parts).run();
  await finish(rehearsal);
  const verdict = await judge(rehearsal);

  const asked = rehearsal.asked();
  const stretches = await rehearsal.switches();
  const outside = unansweredOutside(asked, [...stretches, ...rehearsal.losses]);
  if (outside.length > 0)
    throw new Error(
      `${outside.length} requests went unanswered outside of the switches: ${JSON.stringify(outside[0])}`,
    );
  const switches = stretches.map((stretch) => countIn(asked, stretch));
  const metrics = successMetrics(rehearsal, figures, { equal: both, both });
  const faults = faultsOf({ switches, drills, metrics });
  const machine = `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores, load ${loadBefore.toFixed(1)} before and ${(loadavg()[0] ?? 0).toFixed(1)} after; ${((Date.now() - rehearsal.startedMs) / 60_000).toFixed(1)} min.`;
  for (const { name, asked: requests, refused, longestMs } of switches)
    say(`${name}: ${refused} of ${requests} requests without an answer, the longest time ${longestMs} ms`);
  for (const { metric, target, measured } of metrics) say(`${metric}: ${measured} (target ${target})`);
  for (const fault of faults) say(`MISSED: ${fault}`);
  writeFileSync(values.log, pageOf({ machine, lines, verdict, switches, drills, metrics, faults }));
  say(`the log is in ${values.log}`);
  if (faults.length > 0) process.exitCode = 1;
} finally {
  await rehearsal.stop();
  await parts.stop();
  if (process.env['AO_TEST_KEEP_LOGS'] === undefined) rmSync(dir, { recursive: true, force: true });
}
