import { describe, expect, it } from '@jest/globals';
import { type LogEntry, logLevel } from 'kafkajs';
import type { Logger } from '../logging.ts';
import { levelOfCrash, writeLibraryLog } from './library-log.ts';

describe('a crash of a consumer', () => {
  it.each([
    'The coordinator is loading and hence can not process requests for this group',
    'The group coordinator is not available',
    'This is not the correct coordinator for this group',
  ])('that a warm start of the broker brings about alarms nobody (%s)', (message) => {
    expect(levelOfCrash(new Error(message), true)).toBe('debug');
  });

  it('is a warning when the library joins again by itself, an error when it does not', () => {
    expect(levelOfCrash(new Error('Connection error'), true)).toBe('warn');
    expect(levelOfCrash(new Error('The coordinator is loading'), false)).toBe('error');
  });
});

describe("the library's own words", () => {
  it('are warnings at most, and whispers where they tell of passing states', () => {
    const said: string[] = [];
    const log = {
      warn: (_fields: object, text: string) => said.push(`warn ${text}`),
      debug: (_fields: object, text: string) => said.push(`debug ${text}`),
    } as unknown as Logger;
    const entry = (message: string, error?: string): LogEntry => ({
      namespace: 'Connection',
      level: logLevel.ERROR,
      label: 'ERROR',
      log: { timestamp: '', message, ...(error === undefined ? {} : { error }) },
    });
    writeLibraryLog(log, entry('Connection timeout'));
    writeLibraryLog(log, entry('Response InitProducerId', 'This is not the correct coordinator for this group'));
    writeLibraryLog(log, { ...entry('Connecting'), level: logLevel.INFO });
    expect(said).toEqual(['warn Connection timeout', 'debug Response InitProducerId', 'debug Connecting']);
  });
});
