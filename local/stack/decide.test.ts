import { describe, expect, it } from '@jest/globals';
import { type DecisionInput, decide } from './decide.ts';

function input(overrides: Partial<DecisionInput> = {}): DecisionInput {
  return { given: {}, env: {}, recorded: {}, engineAnswers: async () => false, ...overrides };
}

describe('the decision between containers, embedded and external parts', () => {
  it('embeds every part where no container engine answers', async () => {
    expect(await decide(input())).toEqual({
      kafka: { mode: 'embedded' },
      registry: { mode: 'embedded' },
      postgres: { mode: 'embedded' },
    });
  });

  it('uses containers where an engine answers, and asks it once', async () => {
    let asked = 0;
    const engineAnswers = async (): Promise<boolean> => {
      asked++;
      return true;
    };
    const decisions = await decide(input({ engineAnswers }));
    expect(Object.values(decisions).map(({ mode }) => mode)).toEqual(['container', 'container', 'container']);
    expect(asked).toBe(1);
  });

  it('takes addresses from the environment without asking for an engine', async () => {
    const env = { KAFKA_BROKERS: 'a:9092,b:9092', SCHEMA_REGISTRY_URL: 'http://r', DATABASE_URL: 'postgresql://d' };
    const engineAnswers = async (): Promise<boolean> => {
      throw new Error('must not be asked');
    };
    expect(await decide(input({ env, engineAnswers }))).toEqual({
      kafka: { mode: 'external', address: 'a:9092,b:9092' },
      registry: { mode: 'external', address: 'http://r' },
      postgres: { mode: 'external', address: 'postgresql://d' },
    });
  });

  it('prefers an address given by option over the environment, part by part', async () => {
    const decisions = await decide(input({ given: { kafka: 'mine:9092' }, env: { KAFKA_BROKERS: 'other:9092' } }));
    expect(decisions.kafka).toEqual({ mode: 'external', address: 'mine:9092' });
    expect(decisions.postgres).toEqual({ mode: 'embedded' });
  });

  it('takes an empty address as none', async () => {
    expect((await decide(input({ env: { DATABASE_URL: ' ' } }))).postgres).toEqual({ mode: 'embedded' });
  });

  it('keeps data embedded that was made embedded, although an engine answers now', async () => {
    const decisions = await decide(input({ recorded: { postgres: 'embedded' }, engineAnswers: async () => true }));
    expect(decisions.postgres).toEqual({ mode: 'embedded' });
    expect(decisions.kafka).toEqual({ mode: 'container' });
  });

  it('obeys AO_STACK=embedded although an engine answers', async () => {
    const decisions = await decide(input({ env: { AO_STACK: 'embedded' }, engineAnswers: async () => true }));
    expect(decisions.registry).toEqual({ mode: 'embedded' });
  });

  it('refuses AO_STACK=container where no engine answers', async () => {
    await expect(decide(input({ env: { AO_STACK: 'container' } }))).rejects.toMatchObject({ code: 'STACK_NO_ENGINE' });
  });

  it('refuses an unknown AO_STACK and names the known ones', async () => {
    await expect(decide(input({ env: { AO_STACK: 'docker' } }))).rejects.toThrow(/auto, embedded or container/);
  });
});
