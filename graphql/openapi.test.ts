/** The OpenAPI document of the REST facade, judged by the linter that its readers use. */

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { GatewayRig } from './testing/rig.ts';

let rig: GatewayRig;
let document: Record<string, unknown>;

beforeAll(async () => {
  rig = await GatewayRig.create();
  document = (await (await rig.start()).get('/docs/json')).body;
});

afterAll(async () => {
  await rig.stop();
});

const findings = async (of: Record<string, unknown>): Promise<string[]> => {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({ source: JSON.stringify(of), absoluteRef: 'openapi.json', config });
  return problems.map(({ ruleId, message, location: [place] }) => `${ruleId} ${place?.pointer ?? ''}: ${message}`);
};

it('is OpenAPI 3.1, and the linter has nothing to say of it', async () => {
  expect(document['openapi']).toMatch(/^3\.1\./);
  expect(await findings(document)).toEqual([]);
});

it('tells of every operation how it refuses who asks too often', () => {
  const operations = Object.values(document['paths'] as Record<string, Record<string, { responses: object }>>).flatMap(
    (path) => Object.values(path),
  );
  for (const { responses } of operations) expect(responses).toHaveProperty('429');
});

it('says of every parameter what it is', () => {
  const parameters = Object.values(
    document['paths'] as Record<string, Record<string, { parameters?: { name: string; description?: string }[] }>>,
  ).flatMap((path) => Object.values(path).flatMap((operation) => operation.parameters ?? []));
  expect(parameters.length).toBeGreaterThan(4);
  expect(parameters.filter(({ description }) => description === undefined)).toEqual([]);
});

it('is judged at all: a document without operation ids is not clean', async () => {
  const without = JSON.parse(
    JSON.stringify(document).replaceAll('"operationId"', '"x-operation-id"'),
  ) as typeof document;
  expect((await findings(without)).join()).toMatch(/operation-operationId/);
});
