import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { booleanText, kafkaConfig, loadConfig, redacted, redactUrl, u64Text, wholeNumber } from './config.ts';
import { AppError } from './errors.ts';

describe('loadConfig', () => {
  const schema = z.object({
    COUNT: wholeNumber(1).describe('how many'),
    ON: booleanText.default(false),
    BASE: u64Text.default(0n),
  });

  it('reads typed values and takes an empty variable for unset', () => {
    expect(loadConfig(schema, { COUNT: '3', ON: '', BASE: '18446744073709551615' })).toEqual({
      COUNT: 3,
      ON: false,
      BASE: 2n ** 64n - 1n,
    });
  });

  it('lists every wrong variable at once, with its meaning and without its value', () => {
    let error: unknown;
    try {
      loadConfig(schema, { ON: 'hunter2', BASE: '-5' });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(AppError);
    const { code, message } = error as AppError;
    expect(code).toBe('CONFIG_INVALID');
    expect(message).toMatch(/COUNT: required, not set \(how many\)/);
    expect(message).toMatch(/ON: /);
    expect(message).toMatch(/BASE: must be a whole number/);
    expect(message).not.toContain('hunter2');
  });

  it('says which entry of a list is wrong', () => {
    const load = (): unknown => loadConfig(z.object(kafkaConfig), { KAFKA_BROKERS: 'good:9092,nowhere' });
    expect(load).toThrow(/KAFKA_BROKERS: entry 2 must be host:port \(/);
  });

  it('has working defaults for Kafka', () => {
    expect(loadConfig(z.object(kafkaConfig), {}).KAFKA_BROKERS).toEqual(['127.0.0.1:9092']);
  });
});

describe('redaction', () => {
  it('hides credentials, query values and long path parts of URLs', () => {
    expect(redactUrl('postgresql://user:pass@db:5432/twzrd')).toBe('postgresql://redacted:redacted@db:5432/twzrd');
    expect(redactUrl('https://rpc.example/v2/abcdefghijklmnopqrstuvwxyz')).toBe('https://rpc.example/redacted');
    expect(redactUrl('https://rpc.example/?api-key=1234')).toBe('https://rpc.example/?api-key=redacted');
    expect(redactUrl('127.0.0.1:9092')).toBe('127.0.0.1:9092');
  });

  it('hides every variable that is named as a secret', () => {
    const shown = redacted({
      KAFKA_SASL_PASSWORD: 'a',
      AGGREGATOR_TOKEN: 'b',
      EPOCH_BASE: 10n,
      ANCHOR_PROVIDER_URL: ['https://u:p@rpc.example/'],
    });
    expect(shown).toEqual({
      KAFKA_SASL_PASSWORD: '[redacted]',
      AGGREGATOR_TOKEN: '[redacted]',
      EPOCH_BASE: '10',
      ANCHOR_PROVIDER_URL: ['https://redacted:redacted@rpc.example/'],
    });
  });
});
