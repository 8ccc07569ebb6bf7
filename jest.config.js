/** Test files sit beside the code they test; tests across roles are in tests/. */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/.data/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/.data/', '<rootDir>/sdk/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testEnvironmentOptions: { customExportConditions: ['@attention-oracle/source', 'node', 'node-addons'] },
  globalSetup: './tests/testing/global-setup.ts',
  globalTeardown: './tests/testing/global-teardown.ts',
  maxWorkers: 2,
  workerIdleMemoryLimit: '1GB',
  // Only a hang is caught by it: a busy machine makes tests slower, never red.
  testTimeout: 600_000,
};
