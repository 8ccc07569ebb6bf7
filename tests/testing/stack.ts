import { randomUUID } from 'node:crypto';

/** Addresses of the broker, registry and database that one test run shares. */
export interface TestStack {
  readonly kafkaBrokers: string[];
  readonly registryUrl: string;
  readonly databaseUrl: string;
}

/** Names of the variables by which the global set-up hands the addresses to the test files. */
export const testStackVariables = {
  kafkaBrokers: 'AO_TEST_KAFKA_BROKERS',
  registryUrl: 'AO_TEST_SCHEMA_REGISTRY_URL',
  databaseUrl: 'AO_TEST_DATABASE_URL',
} as const;

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: run the tests by \`npm test\` and without AO_TEST_STACK=none.`);
  }
  return value;
}

/** The stack of this test run. A test file makes topics, groups and schemas of its own in it: see uniqueName. */
export function testStack(): TestStack {
  return {
    kafkaBrokers: required(testStackVariables.kafkaBrokers).split(','),
    registryUrl: required(testStackVariables.registryUrl),
    databaseUrl: required(testStackVariables.databaseUrl),
  };
}

/** A name that no other test file or run uses; lower case, fit for a topic, a group and (quoted or not) a database schema. */
export function uniqueName(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
}
