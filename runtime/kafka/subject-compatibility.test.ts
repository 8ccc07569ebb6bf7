import { describe, expect, it } from '@jest/globals';
import { schemaText } from '../../schemas/records.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { RecordCodec, subjectOf } from './codec.ts';

const settingsOf = (namespace: string): { SCHEMA_REGISTRY_URL: string; KAFKA_NAMESPACE: string } => ({
  SCHEMA_REGISTRY_URL: testStack().registryUrl,
  KAFKA_NAMESPACE: namespace,
});

async function compatibilityOf(subject: string): Promise<unknown> {
  const response = await fetch(`${testStack().registryUrl}/config/${encodeURIComponent(subject)}`);
  return ((await response.json()) as { compatibilityLevel?: unknown }).compatibilityLevel;
}

describe('registering the schemas of a new deployment', () => {
  it('succeeds for every process when many do it at the same time', async () => {
    for (let round = 0; round < 3; round += 1) {
      const settings = settingsOf(`${uniqueName('race')}.`);
      const codecs = await Promise.all(Array.from({ length: 8 }, () => RecordCodec.connect(settings)));
      expect(codecs).toHaveLength(8);
      const subject = subjectOf(settings.KAFKA_NAMESPACE + TOPICS.roots.name, 'RootFinalized');
      expect(await compatibilityOf(subject)).toBe('BACKWARD');
    }
  });

  it('gives its compatibility to a subject that a process which died has left without', async () => {
    const settings = settingsOf(`${uniqueName('died')}.`);
    const subject = subjectOf(settings.KAFKA_NAMESPACE + TOPICS.roots.name, 'RootFinalized');
    const response = await fetch(`${testStack().registryUrl}/subjects/${encodeURIComponent(subject)}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema: schemaText('RootFinalized') }),
    });
    expect(response.ok).toBe(true);
    expect(await compatibilityOf(subject)).not.toBe('BACKWARD');
    await RecordCodec.connect(settings);
    expect(await compatibilityOf(subject)).toBe('BACKWARD');
  });
});
