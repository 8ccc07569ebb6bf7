/** Imports point one way: schemas, sdk <- runtime <- roles <- cli, deploy, tests. No role imports a role. No cycles. */
const roles = '^(producers/listener|processors/epoch-roots|sinks/postgres|sinks/settlement|sinks/webhook|graphql)/';
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'contracts-import-nothing-above',
      severity: 'error',
      from: { path: '^(schemas|sdk)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(runtime|producers|processors|sinks|graphql|cli|deploy|tests|bench)/' },
    },
    {
      name: 'sdk-stands-alone',
      severity: 'error',
      from: { path: '^sdk/', pathNot: '\\.test\\.ts$' },
      to: { path: '^schemas/' },
    },
    {
      name: 'runtime-imports-no-role',
      severity: 'error',
      from: { path: '^runtime/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(producers|processors|sinks|graphql|cli|deploy|tests|bench)/' },
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
      // What only tests use may use the test stack and the local chain.
      from: { path: roles, pathNot: '(\\.test\\.ts$|\\.fixture\\.ts$|/testing/)' },
      to: { path: '^(cli|deploy|tests|bench)/' },
    },
    {
      name: 'core-is-pure',
      severity: 'error',
      from: { path: '/core/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '(/io/|^runtime/(kafka|postgres|logging|metrics|lifecycle|config)|node_modules/(kafkajs|pg|pino|ws|fastify)/)',
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules|dist|\\.data)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@attention-oracle/source', 'import', 'node'],
    },
  },
};
