import { describe, expect, it } from '@jest/globals';
import type { RunningPlatform } from '../local/start/running-platform.ts';
import { type Choice, platformSettings } from './platform-settings.ts';

const platform = (dataDir: string, port: number): RunningPlatform => ({
  dataDir,
  pid: port,
  variables: {
    KAFKA_BROKERS: `127.0.0.1:${port}`,
    SCHEMA_REGISTRY_URL: `http://127.0.0.1:${port + 1}`,
    DATABASE_URL: `postgresql://127.0.0.1:${port + 2}/ao`,
    EPOCH_BASE: '10',
  },
});
const usual = '/checkout/.data';
const choose = (choice: Partial<Choice>) => platformSettings({ env: {}, running: [], usual, ...choice });

describe('what a tool takes from a running platform', () => {
  it('is nothing where none runs', () => {
    expect(choose({})).toBeUndefined();
  });

  it('is what the environment leaves open, on the only platform that runs, wherever its data is', () => {
    const settings = choose({ env: { EPOCH_BASE: '20', DATABASE_URL: ' ' }, running: [platform('/elsewhere', 1000)] });
    expect(settings?.variables).toEqual({
      KAFKA_BROKERS: '127.0.0.1:1000',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1001',
      DATABASE_URL: 'postgresql://127.0.0.1:1002/ao',
    });
    expect(settings?.note).toContain('/elsewhere (process 1000)');
  });

  it.each(['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'DATABASE_URL'])(
    'is nothing when the environment names another place by %s: parts of two platforms are never mixed',
    (name) => {
      expect(choose({ env: { [name]: 'elsewhere' }, running: [platform(usual, 1000)] })).toBeUndefined();
    },
  );

  it('is the rest when the environment names the same place', () => {
    const running = [platform('/one', 1000), platform('/two', 2000)];
    expect(choose({ env: { KAFKA_BROKERS: '127.0.0.1:2000' }, running })?.variables['SCHEMA_REGISTRY_URL']).toBe(
      'http://127.0.0.1:2001',
    );
  });

  it('is that of the usual folder when several run, else a choice to be made', () => {
    const elsewhere = [platform('/one', 1000), platform('/two', 2000)];
    expect(choose({ running: [...elsewhere, platform(usual, 3000)] })?.variables['KAFKA_BROKERS']).toBe(
      '127.0.0.1:3000',
    );
    expect(() => choose({ running: elsewhere })).toThrow(/--data \/one or --data \/two/);
  });

  it('is every place of the platform that --data asks for, whatever the environment names', () => {
    const running = [platform('/one', 1000), platform('/two', 2000)];
    const env = { KAFKA_BROKERS: 'production:9092', EPOCH_BASE: '20' };
    const settings = choose({ env, running, asked: '/two' });
    expect(settings?.variables['KAFKA_BROKERS']).toBe('127.0.0.1:2000');
    expect(settings?.variables).not.toHaveProperty('EPOCH_BASE');
  });

  it('is refused when none runs on the folder that --data asks for', () => {
    expect(() => choose({ running: [platform('/one', 1000)], asked: '/three' })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining('/three') }),
    );
  });
});
