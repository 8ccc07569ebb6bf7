import { describe, expect, it } from '@jest/globals';
import { type Death, deathOf, isHopeless, SAME_DEATHS } from './last-words.ts';

const line = (fields: object): string => `${JSON.stringify({ level: 'info', ...fields })}\n`;

describe('how a role ended', () => {
  it('is told by its own sentence, over several lines', () => {
    const log = `${line({ msg: 'stopped' })}processor: Wrong configuration. Set these:\n  EPOCH_BASE: must be a whole number\n`;
    expect(deathOf('status 2', log)).toEqual({
      how: 'status 2',
      words: 'Wrong configuration. Set these:\n  EPOCH_BASE: must be a whole number',
      started: false,
    });
  });

  it('is told by the error that it could not go on with, though it has logged more since', () => {
    const fatal = line({ level: 'fatal', msg: 'cannot go on', err: { message: 'Topic x has 6 partitions.' } });
    const log = line({ msg: 'starting' }) + line({ msg: 'started' }) + fatal + line({ msg: 'stopped' });
    expect(deathOf('status 1', log)).toEqual({ how: 'status 1', words: 'Topic x has 6 partitions.', started: true });
  });

  it('is told by an error that nobody caught', () => {
    const log = `${line({ msg: 'starting' })}file:///a.ts:1\nthrow x\n\nTypeError: x is no function\n    at a.ts:1\n\nNode.js v24.0.0\n`;
    expect(deathOf('status 1', log).words).toBe('TypeError: x is no function');
  });

  it('is not told by what an earlier process has said', () => {
    const earlier = `${line({ level: 'fatal', msg: 'cannot go on', err: { message: 'earlier' } })}role: earlier\n`;
    expect(deathOf('signal SIGKILL', earlier + line({ msg: 'starting' })).words).toBeUndefined();
    expect(deathOf('signal SIGKILL', '')).toEqual({ how: 'signal SIGKILL', words: undefined, started: false });
  });
});

describe('starting a role again', () => {
  const death = (over: Partial<Death> = {}): Death => ({ how: 'status 1', words: 'no', started: false, ...over });

  it('is hopeless at once when its configuration is wrong', () => {
    expect(isHopeless([death({ how: 'status 2' })])).toBe(true);
    expect(isHopeless([])).toBe(false);
  });

  it('is hopeless when it ended five times with the same words before it was started', () => {
    const all = Array.from({ length: SAME_DEATHS }, () => death());
    expect(isHopeless(all)).toBe(true);
    expect(isHopeless(all.slice(1))).toBe(false);
    expect(isHopeless([...all.slice(1), death({ words: 'another' })])).toBe(false);
    expect(isHopeless([...all.slice(1), death({ started: true })])).toBe(false);
    expect(isHopeless([death({ started: true }), ...all])).toBe(true);
  });

  it('may help when it was killed and said nothing', () => {
    expect(isHopeless(Array.from({ length: 9 }, () => death({ how: 'signal SIGKILL', words: undefined })))).toBe(false);
  });
});
