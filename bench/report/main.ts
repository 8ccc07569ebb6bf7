/**
 * `npm run report [-- --run NAME,NAME] [--args='MORE ARGUMENTS'] [--list]`: docs/report from the last result of every source. With --run it measures first, one after the
 * other; `--run all` takes hours. Status 1 where a source that was run did not end with status 0: its result is kept and told all the same.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rootDir } from '../../bootstrap/paths.mjs';
import { environmentOf } from '../../local/environment.ts';
import { CLAIMS } from './claims.ts';
import { reportOf } from './page.ts';
import { lastJson, store, storedResults, unmeasured } from './results.ts';
import { SOURCES, type Source } from './sources.ts';

const dir = join(rootDir, 'docs/report');
const { values } = parseArgs({
  options: {
    run: { type: 'string', default: '' },
    args: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
  },
});
const wanted =
  values.run === 'all' ? SOURCES.map(({ name }) => name) : values.run.split(',').filter((name) => name !== '');
const unknown = wanted.filter((name) => !SOURCES.some((source) => source.name === name));

if (values.list) for (const { name, what } of SOURCES) console.log(`${name}: ${what}`);
else if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}; npm run report -- --list names what there is.`);
  process.exitCode = 2;
} else {
  for (const source of SOURCES) if (wanted.includes(source.name)) measure(source);
  write();
}

/** More arguments, e.g. `--args='--seeds 50'`, make it smaller; they stand in the result's command. */
function measure({ name, command }: Source): void {
  const more = values.args.split(' ').filter((word) => word !== '');
  const [script = '', ...args] = [...command, ...more];
  const measured = environmentOf();
  const startedMs = Date.now();
  const { stdout, status } = spawnSync('npm', ['run', '--silent', script, ...args], {
    cwd: rootDir,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const result = lastJson(stdout);
  if (status !== 0) process.exitCode = 1;
  if (result === undefined) {
    console.error(`${name} ended with status ${status} and no figures; its former result stays.`);
    return;
  }
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  store(dir, {
    name,
    command: `npm run ${[script, ...args].join(' ')}`,
    measured,
    seconds,
    status: status ?? 1,
    result,
  });
}

function write(): void {
  const results = storedResults(dir);
  const { page, plots } = reportOf(results);
  rmSync(join(dir, 'plots'), { recursive: true, force: true });
  mkdirSync(join(dir, 'plots'), { recursive: true });
  for (const [file, svg] of plots) writeFileSync(join(dir, 'plots', file), svg);
  writeFileSync(join(dir, 'README.md'), page);
  writeFileSync(join(dir, 'report.json'), `${JSON.stringify({ claims: CLAIMS, results }, undefined, 2)}\n`);
  const missing = unmeasured(results).map(({ name }) => name);
  console.error(
    `docs/report: ${results.length} results${missing.length === 0 ? '' : `; not measured: ${missing.join(', ')}`}`,
  );
}
