import jestConfig from './jest.config.js';

/**
 * Mutation testing of the pure rooms: `npm run mutants -- domain`. The tests that judge a mutant are those of pure code (they run
 * without broker or database); AO_MUTANTS_ROOM names the room, see bootstrap/mutants.mjs.
 */
const room = process.env.AO_MUTANTS_ROOM ?? 'domain';

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
      // What a mutant turns into an endless loop is killed by Stryker's own time limit.
      testTimeout: 60_000,
      // The copy that is mutated lies in a folder that jest.config.js ignores.
      testPathIgnorePatterns: ['/node_modules/'],
      modulePathIgnorePatterns: [],
      testMatch: [`<rootDir>/${room}/**/*.test.ts`],
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
  concurrency: 2,
  timeoutMS: 20_000,
};
