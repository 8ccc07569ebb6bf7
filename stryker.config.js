import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';

/**
 * Mutation testing of the pure rooms: `npm run mutants -- domain`. The tests that judge a mutant are those of pure code (they run
 * without broker or database); AO_MUTANTS_ROOM names the room, see bootstrap/mutants.mjs.
 */
const room = process.env.AO_MUTANTS_ROOM ?? 'domain';
/** Tests outside a room that judge it too: of its use, over fakes or a simulation of what lies around it. */
const judges = {
  'processors/epoch-roots/core': [
    'processors/epoch-roots/io/partition-worker.test.ts',
    'processors/epoch-roots/io/snapshots.test.ts',
    'simulation/platform/first-seeds.test.ts',
  ],
  'producers/listener/core': [
    'producers/listener/{contradicting-answers,failed-transactions,other-chain,rolled-back,told-signatures}.test.ts',
    'simulation/ingest/first-seeds.test.ts',
  ],
  'sinks/settlement/core': ['simulation/settlement/first-seeds.test.ts'],
};

/** Of a room that takes too long, one in so many files: always the same ones, by their names. */
const oneIn = Number(process.env.AO_MUTANTS_ONE_IN ?? 1);
const isSampled = (file) => createHash('sha256').update(file).digest().readUInt32BE() % oneIn === 0;
const sources = globSync(`${room}/**/*.ts`).filter((file) => !/\.test\.ts$|\/testing\//.test(file) && isSampled(file));

export default {
  packageManager: 'npm',
  plugins: ['./tests/testing/mutants-runner.mjs'],
  testRunner: 'pure',
  testRunnerNodeArgs: ['--conditions=@attention-oracle/source', '--disable-warning=ExperimentalWarning'],
  pureTests: [`${room}/**/*.test.ts`, ...(judges[room] ?? [])],
  coverageAnalysis: 'perTest',
  mutate: sources,
  // What happens at loading is tried by all tests in a process of its own each: not of a sample.
  ignoreStatic: oneIn > 1,
  ignorePatterns: ['.data', 'dist', 'sdk/dist', 'sdk/docs', 'bench-results'],
  tempDirName: '.data/mutants/work',
  incremental: true,
  incrementalFile: `.data/mutants/${room.replaceAll('/', '-')}${oneIn > 1 ? `-one-in-${oneIn}` : ''}.json`,
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false, reportScoreTable: false },
  jsonReporter: { fileName: `.data/mutants/${room.replaceAll('/', '-')}-report.json` },
  concurrency: Number(process.env.AO_MUTANTS_AT_ONCE ?? 2),
  // What a mutant turns into an endless loop is killed by Stryker's own time limit.
  timeoutMS: 20_000,
  // The test files of each run stay in a worker's memory.
  maxTestRunnerReuse: 1_000,
};
