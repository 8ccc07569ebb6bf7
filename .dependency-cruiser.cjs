/**
 * Imports point one way: schemas, sdk <- domain <- runtime <- roles <- cli, local, deploy, simulation, tests. No role imports a role. No
 * cycles. What is only for tests (`testing/` folders and test files) may look upwards.
 */
const roles =
  '^(producers/listener|processors/epoch-roots|sinks/postgres|sinks/settlement|sinks/webhook|sinks/webhooks|graphql|transition)/';
const forTests = '(\\.test\\.ts$|/testing/)';
const above = '^(audit|verifier|cli|clients|explorer|local|deploy|bootstrap|simulation|tests|bench)/';
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'contracts-import-nothing-above',
      severity: 'error',
      from: { path: '^(schemas|sdk)/', pathNot: forTests },
      to: { path: ['^(domain|runtime|producers|processors|sinks|graphql|transition)/', above] },
    },
    {
      name: 'sdk-stands-alone',
      severity: 'error',
      from: { path: '^sdk/', pathNot: forTests },
      to: { path: '^schemas/' },
    },
    {
      name: 'domain-imports-contracts-only',
      severity: 'error',
      from: { path: '^domain/', pathNot: forTests },
      to: { pathNot: '^(domain|schemas|sdk)/' },
    },
    {
      name: 'runtime-imports-no-role',
      severity: 'error',
      from: { path: '^runtime/', pathNot: forTests },
      to: { path: ['^(producers|processors|sinks|graphql|transition)/', above] },
    },
    {
      name: 'no-role-imports-a-role',
      severity: 'error',
      from: { path: roles },
      to: { path: roles, pathNot: '^$1/' },
    },
    {
      name: 'roles-import-nothing-above',
      severity: 'error',
      from: { path: roles, pathNot: forTests },
      to: { path: above },
    },
    {
      // The page has what any other page has: the package, and the gateway's contract by its own operations.
      name: 'page-imports-sdk-only',
      severity: 'error',
      from: { path: '^explorer/src/', pathNot: forTests },
      to: { pathNot: ['^explorer/src/', '^sdk/src/', '(^|/)node_modules/', '^@graphql-typed-document-node/core$'] },
    },
    {
      name: 'only-tests-import-testing',
      severity: 'error',
      from: { pathNot: [forTests, '^(bench|simulation|tests)/'] },
      to: { path: '/testing/' },
    },
    {
      // The library is no longer maintained: what it needs guarding from is guarded in one place.
      name: 'kafkajs-behind-one-door',
      severity: 'error',
      from: { pathNot: '^runtime/kafka/' },
      to: { path: ['(^|/)node_modules/(kafkajs|@kafkajs)/', '^runtime/kafka/library\\.ts$'] },
    },
    {
      // What a core may import is listed, so that a new library is a decision. ESLint refuses clock, chance and environment.
      name: 'core-is-pure',
      severity: 'error',
      from: { path: '(^|/)core/', pathNot: forTests },
      to: {
        pathNot: [
          '(^|/)core/',
          '^(domain|schemas|sdk)/',
          '^runtime/(errors|error-codes|backoff)\\.ts$',
          '/schema-types\\.generated\\.ts$',
          '(^|/)node_modules/(zod|graphql|@scure/base|@noble/hashes|@solana/web3\\.js)/',
          '^(crypto|zlib)$',
        ],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^sdk/dist/', '^explorer/dist/', '^\\.data/'] },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@attention-oracle/source', 'import', 'node'],
    },
  },
};
