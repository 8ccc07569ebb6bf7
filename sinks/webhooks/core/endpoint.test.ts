import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../runtime/errors.ts';
import { parseEndpoints, wants } from './endpoint.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const ENTRY = { id: 'acme', url: 'https://acme.example/hooks', secrets: [SECRET], from: 'beginning' };

function parsed(...entries: object[]): ReturnType<typeof parseEndpoints> {
  return parseEndpoints(JSON.stringify({ endpoints: entries }), 'webhooks.json');
}

function reasonOf(text: string): string {
  try {
    parseEndpoints(text, 'webhooks.json');
  } catch (error) {
    if (error instanceof AppError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('the registration file', () => {
  it('wants both kinds of every channel unless it says which, and normalises channels', () => {
    expect(parsed(ENTRY)[0]).toMatchObject({ kinds: ['rootFinalized', 'settlementUpdated'] });
    expect(parsed({ ...ENTRY, channels: ['Lacy'] })[0]?.channels).toEqual(['lacy']);
  });

  it.each([
    ['an id twice', [ENTRY, ENTRY], 'an id twice'],
    ['a user in the URL', [{ ...ENTRY, url: 'https://me:secret-word@acme.example' }], 'neither user'],
    ['another protocol', [{ ...ENTRY, url: 'file:///etc/passwd' }], 'endpoints.0.url'],
    ['a short secret', [{ ...ENTRY, secrets: ['whsec_secret-word'] }], 'endpoints.0.secrets.0'],
    ['no secret', [{ ...ENTRY, secrets: [] }], 'endpoints.0.secrets'],
    ['an unknown kind', [{ ...ENTRY, kinds: ['claimIngested'] }], 'endpoints.0.kinds.0'],
    ['a misspelt field', [{ ...ENTRY, chanels: ['lacy'] }], 'chanels'],
    ['no beginning', [{ ...ENTRY, from: undefined }], 'endpoints.0.from'],
    ['a beginning that depends on when it is read', [{ ...ENTRY, from: 'now' }], 'endpoints.0.from'],
  ])('refuses %s, names where it is, and quotes no value', (_what, entries, part) => {
    const reason = reasonOf(JSON.stringify({ endpoints: entries }));
    expect(reason).toContain('WEBHOOKS_FILE_INVALID');
    expect(reason).toContain(part);
    expect(reason).not.toContain('secret-word');
  });

  it('quotes nothing of a file that is no JSON', () => {
    const reason = reasonOf(`{ "secrets": ["${SECRET}" ] oops`);
    expect(reason).toContain('no JSON');
    expect(reason).not.toContain(SECRET.slice(0, 12));
  });
});

describe('what an endpoint wants', () => {
  const [acme] = parsed({ ...ENTRY, channels: ['lacy'], statuses: ['FINALIZED'], from: '2026-01-01T00:00:00Z' });
  const atMs = Date.UTC(2026, 0, 1);
  const root = { kind: 'rootFinalized', channel: 'lacy', atMs } as const;
  const step = { kind: 'settlementUpdated', channel: 'lacy', status: 'FINALIZED', atMs } as const;

  it.each([
    ['a root', root, true],
    ['a step of the status', step, true],
    ['a step of another status', { ...step, status: 'PENDING' }, false],
    ['another channel', { ...root, channel: 'other' }, false],
    ['what was recorded before it began', { ...root, atMs: atMs - 1 }, false],
  ] as const)('%s: %s', (_what, happened, expected) => {
    if (acme === undefined) throw new Error('nothing was parsed');
    expect(wants(acme, happened)).toBe(expected);
  });
});
