import { describe, expect, it } from '@jest/globals';
import { type Ending, exitStatus, Lifetime, sentenceOf } from './lifetime.ts';

describe('the life of npm start', () => {
  it('ends waits for what hangs, and is ended once', async () => {
    const lifetime = new Lifetime();
    const hanging = lifetime.during(new Promise<never>(() => undefined));
    expect(lifetime.end({ kind: 'asked', signal: 'SIGINT' })).toBe(true);
    expect(lifetime.end({ kind: 'reached' })).toBe(false);
    await expect(hanging).rejects.toMatchObject({ code: 'STOPPED' });
    await expect(lifetime.during(Promise.resolve(1))).rejects.toMatchObject({ code: 'STOPPED' });
    expect(await lifetime.ended).toEqual({ kind: 'asked', signal: 'SIGINT' });
  });

  it('gives what was waited for while it lasts, and its errors', async () => {
    const lifetime = new Lifetime();
    expect(await lifetime.during(Promise.resolve(1))).toBe(1);
    await expect(lifetime.during(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  const timeout: Ending = { kind: 'timeout', seconds: 9 };
  const failed: Ending = { kind: 'failed', error: new Error('broken') };
  const asked: Ending = { kind: 'asked', signal: 'SIGTERM' };
  it.each([
    [{ kind: 'reached' } as const, true, true, 0],
    [asked, true, true, 1],
    [asked, false, false, 0],
    [timeout, true, true, 1],
    [timeout, false, false, 1],
    [timeout, false, true, 0],
    [failed, false, true, 1],
  ])('ends by %j (goal: %s, ever ready: %s) with status %i', (ending, hasGoal, everReady, status) => {
    expect(exitStatus(ending, hasGoal, everReady)).toBe(status);
  });

  it('says what the time was not enough for', () => {
    expect(sentenceOf(timeout, '8 of 24 roots')).toBe('not reached within 9 s, waiting for 8 of 24 roots');
    expect(sentenceOf(timeout, undefined)).toBe('not reached within 9 s');
    expect(sentenceOf(failed, undefined)).toBe('broken');
    expect(sentenceOf({ kind: 'reached' }, undefined)).toBeUndefined();
  });
});
