import jestConfig from './jest.config.js';

/**
 * Mutation testing of the pure rooms: `npm run mutants -- domain`. The tests that judge a mutant are those of pure code (they run
 * without broker or database); AO_MUTANTS_ROOM names the room, see bootstrap/mutants.mjs.
 */
const room = process.env.AO_MUTANTS_ROOM ?? 'domain';
/** Tests outside a room that judge it too: of its use, over fakes of what lies around it. */
const judges = {
  'processors/epoch-roots/core': [
    'processors/epoch-roots/io/partition-worker.test.ts',
    'processors/epoch-roots/io/snapshots.test.ts',
  ],
  'producers/listener/core': [
    'producers/listener/{contradicting-answers,failed-transactions,other-chain,rolled-back,told-signatures}.test.ts',
  ],
};

export default {
  packageManager: 'npm',
  plugins: ['@stryker-mutator/jest-runner'],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--conditions=@attention-oracle/source'],
  coverageAnalysis: 'perTest',
  jest: {
    projectType: 'custom',
    enableFindRelatedTests: true,
    config: {
      ...jestConfig,
      globalSetup: undefined,
      globalTeardown: undefined,
      maxWorkers: undefined,
      workerIdleMemoryLimit: undefined,
      setupFiles: ['<rootDir>/tests/testing/mutants-setup.ts'],
      // What a mutant turns into an endless loop is killed by Stryker's own time limit.
      testTimeout: 60_000,
      // The copy that is mutated lies in a folder that jest.config.js ignores.
      testPathIgnorePatterns: ['/node_modules/'],
      modulePathIgnorePatterns: [],
      testMatch: [`${room}/**/*.test.ts`, ...(judges[room] ?? [])].map((pattern) => `<rootDir>/${pattern}`),
    },
  },
  mutate: [`${room}/**/*.ts`, '!**/*.test.ts', '!**/testing/**'],
  ignorePatterns: ['.data', 'dist', 'sdk/dist', 'sdk/docs', 'bench-results'],
  tempDirName: '.data/mutants/work',
  incremental: true,
  incrementalFile: `.data/mutants/${room.replaceAll('/', '-')}.json`,
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false, reportScoreTable: false },
  jsonReporter: { fileName: `.data/mutants/${room.replaceAll('/', '-')}-report.json` },
  concurrency: Number(process.env.AO_MUTANTS_AT_ONCE ?? 2),
  timeoutMS: 20_000,
  // The modules of each test run stay in a worker's memory.
  maxTestRunnerReuse: 60,
};
