import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Registry } from '@prometheus-io/client';
import { AppError } from './errors.ts';
import { Holds } from './holds.ts';
import { silentLogger } from './logging.ts';
import { waitingFor } from './wait-for.ts';

let holds: Holds;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick'] });
  holds = new Holds(silentLogger(), new Registry());
});
afterEach(() => void jest.useRealTimers());

const waitFor = () => waitingFor(silentLogger(), new AbortController().signal, holds);

describe('waiting at start', () => {
  it('for something that never answers says so, until it does', async () => {
    const answer = Promise.withResolvers<string>();
    const waiting = waitFor()('Kafka', () => answer.promise);
    await jest.advanceTimersByTimeAsync(4999);
    expect(holds.all).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(holds.all).toMatchObject([{ subject: 'Kafka', code: 'NO_ANSWER_YET' }]);
    expect(holds.all[0]?.reason).toMatch(/No answer from Kafka for 5 s/);
    answer.resolve('here');
    expect(await waiting).toBe('here');
    expect(holds.all).toEqual([]);
  });

  it('for what passes by itself goes on; for what only a person can mend it ends', async () => {
    const errors = [new Error('refused'), new AppError('REGISTRY_UNAVAILABLE', 'away', { retryable: true })];
    const waiting = waitFor()('the registry', () => {
      const error = errors.shift();
      return error === undefined ? Promise.resolve('here') : Promise.reject(error);
    });
    await jest.advanceTimersByTimeAsync(0);
    expect(holds.all).toMatchObject([{ subject: 'the registry', code: 'UNEXPECTED', reason: 'refused' }]);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(await waiting).toBe('here');
    const fatal = new AppError('PARTITIONS_CHANGED', 'six are not three');
    await expect(waitFor()('Kafka', () => Promise.reject(fatal))).rejects.toBe(fatal);
  });
});
