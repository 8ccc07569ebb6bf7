import { describe, expect, it } from '@jest/globals';
import { judgeAnswer } from './answer-verdict.ts';

const NOW_MS = Date.UTC(2026, 0, 1);

describe('judgeAnswer', () => {
  it.each([200, 201, 204])('takes %i for taken', (status) => {
    expect(judgeAnswer({ status, retryAfter: null }, NOW_MS)).toEqual({ kind: 'taken' });
  });

  it.each([408, 425, 429, 500, 502, 503, 504])('tries again after %i', (status) => {
    expect(judgeAnswer({ status, retryAfter: null }, NOW_MS).kind).toBe('retry');
  });

  it.each([101, 300, 301, 307, 401, 402, 403, 404, 405, 406, 407, 410, 411, 414, 415, 421, 426, 431, 451])(
    'takes %i for a wrong configuration, not for a wrong event',
    (status) => {
      expect(judgeAnswer({ status, retryAfter: null }, NOW_MS).kind).toBe('misconfigured');
    },
  );

  it.each([400, 409, 413, 422])('gives the event up after %i', (status) => {
    expect(judgeAnswer({ status, retryAfter: null }, NOW_MS).kind).toBe('refused');
  });

  it.each([404, 422, 503])('names status %i as the reason', (status) => {
    expect(judgeAnswer({ status, retryAfter: null }, NOW_MS)).toMatchObject({ reason: `status_${status}` });
  });

  it('reads Retry-After in seconds and as a date, and bounds it', () => {
    const pause = (retryAfter: string) => judgeAnswer({ status: 503, retryAfter }, NOW_MS);
    expect(pause('7')).toMatchObject({ afterMs: 7000 });
    expect(pause(' 7 ')).toMatchObject({ afterMs: 7000 });
    expect(pause('01 Jan 2026 00:01:30 GMT')).toMatchObject({ afterMs: 90_000 });
    expect(pause('Thu, 01 Jan 2026 00:01:30 +0000')).toMatchObject({ afterMs: 90_000 });
    expect(pause(new Date(NOW_MS + 90_000).toUTCString())).toMatchObject({ afterMs: 90_000 });
    expect(pause(new Date(NOW_MS - 90_000).toUTCString())).toMatchObject({ afterMs: 0 });
    expect(pause('99999999')).toMatchObject({ afterMs: 3_600_000 });
    expect(pause('soon')).toMatchObject({ afterMs: undefined });
  });
});
