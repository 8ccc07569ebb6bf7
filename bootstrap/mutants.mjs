import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runForeground } from './child.mjs';
import { moduleCommand } from './node-module.mjs';
import { rootDir } from './paths.mjs';
import { say } from './progress.mjs';

/** Rooms of pure code; each is judged by tests that need neither broker nor database: see stryker.config.js. */
const rooms = {
  domain: 'domain',
  listener: 'producers/listener/core',
  processor: 'processors/epoch-roots/core',
  settlement: 'sinks/settlement/core',
  gateway: 'graphql/core',
};
const scoresFile = join(rootDir, 'docs', 'mutation-scores.json');
/** A mutant that runs into the time limit was noticed, as one is that fails a test. */
const noticed = new Set(['Killed', 'Timeout']);
const judged = new Set([...noticed, 'Survived', 'NoCoverage']);

/** Counts of a Stryker report, and the share of mutants that a test noticed, in percent. */
function scoreOf(report) {
  const states = Object.values(report.files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const counted = states.filter((status) => judged.has(status));
  const killed = counted.filter((status) => noticed.has(status)).length;
  const untested = counted.filter((status) => status === 'NoCoverage').length;
  return {
    score: counted.length === 0 ? 100 : Math.round((killed / counted.length) * 1000) / 10,
    mutants: counted.length,
    killed,
    survived: counted.length - killed - untested,
    untested,
  };
}

/** Of a sample its score says so. */
function sample() {
  const oneIn = Number(process.env.AO_MUTANTS_ONE_IN ?? 1);
  return oneIn > 1 ? { sample: `one in ${oneIn} files, without what happens at loading` } : {};
}

/** When and of which state of the code a score was measured. */
function measured() {
  const commit = execFileSync('git', ['describe', '--always', '--dirty', '--exclude=*'], {
    cwd: rootDir,
    encoding: 'utf8',
  });
  return { date: new Date().toISOString().slice(0, 10), commit: commit.trim() };
}

/**
 * Mutation testing by StrykerJS of the rooms named, or of all: prints what survived and keeps the scores in
 * docs/mutation-scores.json. Takes a tenth of a second to a second a mutant; what has not changed since the last run is not
 * run again. AO_MUTANTS_AT_ONCE says how many are tried at once (2), AO_MUTANTS_ONE_IN that only one in so many files of a room is tried.
 */
export async function mutants({ node, env }, args) {
  const unknown = args.find((name) => !Object.hasOwn(rooms, name));
  if (unknown !== undefined) {
    say(`Unknown room "${unknown}": use some of ${Object.keys(rooms).join(', ')}, or none for all.`);
    return 2;
  }
  mkdirSync(join(rootDir, '.data', 'mutants'), { recursive: true });
  const scores = existsSync(scoresFile) ? JSON.parse(readFileSync(scoresFile, 'utf8')) : {};
  for (const name of args.length === 0 ? Object.keys(rooms) : args) {
    const room = rooms[name];
    say(`Mutants of ${room} …`);
    const status = await runForeground(node, [moduleCommand('@stryker-mutator/core', 'stryker'), 'run'], {
      cwd: rootDir,
      env: { ...env, AO_MUTANTS_ROOM: room },
    });
    if (status !== 0) return status;
    const report = join(rootDir, '.data', 'mutants', `${room.replaceAll('/', '-')}-report.json`);
    scores[room] = { ...scoreOf(JSON.parse(readFileSync(report, 'utf8'))), ...sample(), ...measured() };
    writeFileSync(scoresFile, `${JSON.stringify(scores, null, 2)}\n`);
  }
  for (const [room, { score, mutants, survived, untested, sample: of }] of Object.entries(scores)) {
    const counts = `${survived} survived, ${untested} not reached by a test`;
    say(`${room}${of ? ` (${of})` : ''}: ${score} % of ${mutants} mutants noticed, ${counts}`);
  }
  return 0;
}
