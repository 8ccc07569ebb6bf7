import { describe, expect, it } from '@jest/globals';
import { type KeyFile, looksLikeKey, octal, whyExposed, whyForbidden } from './key-exposure.ts';

const US = { uid: 1000, groups: [1000, 2000] };
/** A secret that Kubernetes mounts: of root, read by the pod's fsGroup, on a read-only mount. */
const MOUNTED: KeyFile = { file: '/secrets/key.json', mode: 0o100440, uid: 0, gid: 2000, changeable: false };
const OURS: KeyFile = { file: '/home/ao/key.json', mode: 0o100600, uid: 1000, gid: 1000, changeable: true };

describe('whyExposed', () => {
  it.each([0o440, 0o400, 0o640])(
    'takes a mounted secret that the process reads through its group (mode %o)',
    (mode) => {
      expect(whyExposed({ ...MOUNTED, mode }, US)).toBeUndefined();
    },
  );

  it('takes a secret of our own that stands on a read-only mount', () => {
    expect(whyExposed({ ...MOUNTED, uid: 1000, gid: 1000 }, US)).toBeUndefined();
    expect(whyExposed({ ...MOUNTED, uid: 0, gid: 0 }, { uid: 0, groups: [0] })).toBeUndefined();
  });

  it.each([0o600, 0o400, 0o700])('takes a file that only its owner may use (mode %o)', (mode) => {
    expect(whyExposed({ ...OURS, mode }, US)).toBeUndefined();
  });

  it.each([0o640, 0o440, 0o604, 0o660, 0o644, 0o610, 0o601])(
    'refuses a file of ours that others may use (mode %o), with a command that mends it',
    (mode) => {
      expect(whyExposed({ ...OURS, mode }, US)).toMatch(/Run: chmod 600 \/home\/ao\/key\.json$/);
    },
  );

  it.each([0o444, 0o644, 0o460, 0o450, 0o404, 0o441])(
    'refuses a mounted secret that more than our group reads (mode %o), and proposes no chmod that cannot work',
    (mode) => {
      const why = whyExposed({ ...MOUNTED, mode }, US);
      expect(why).toMatch(/where it is mounted.*defaultMode: 0440/);
      expect(why).not.toContain('Run: chmod');
    },
  );

  it('refuses a file that a group reads in which the process is not', () => {
    expect(whyExposed({ ...MOUNTED, gid: 3000 }, US)).toMatch(
      /group 3000 may read it, and this process \(groups 1000, 2000\) is not in that group/,
    );
  });
});

describe('whyForbidden', () => {
  it('says who the process is, who owns the file, and what to give it', () => {
    expect(whyForbidden(US, { mode: 0o100040, uid: 7, gid: 8 })).toMatch(
      /^it belongs to 7:8 with mode 0040, and this process runs as user 1000 with groups 1000, 2000; make that user its owner.*0440/,
    );
    expect(whyForbidden(US)).toMatch(/^this process runs as user 1000/);
  });

  it('writes permission bits as chmod does', () => {
    expect([octal(0o100600), octal(0o40), octal(0)]).toEqual(['0600', '0040', '0000']);
  });
});

describe('looksLikeKey', () => {
  it.each([
    '[12,34,56]',
    ' [1, 2]',
    '"4NMwxzmYj2uvHuq8xoqhY8RXg63KSVJM1DXkpbmkUY7YQWuoyQgFnnzn6yo3CMnqZasnNPNuAT2TLwQsCaKkUddp"',
    '4NMwxzmYj2uvHuq8xoqhY8RXg63KSVJM1DXkpbmkUY7YQWuoyQgFnnzn6yo3CMnqZasnNPNuAT2TLwQsCaKkUddp',
    'ab'.repeat(32),
    `/${'ab'.repeat(32)}`,
    `a${'b'.repeat(41)}/c`,
    `${'Zm9v/b+'.repeat(12)}==`,
    'abandon ability able about above absent absorb abstract absurd abuse access accident',
  ])('knows key material that was given for a path: %s', (setting) => {
    expect(looksLikeKey(setting)).toBe(true);
  });

  it.each([
    '/run/secrets/settlement-key',
    '~/.config/solana/id.json',
    'keys/id.json',
    './id.json',
    'C:\\keys\\id.json',
    'a key [of mine]/id.json',
    `../${'k'.repeat(50)}/id.json`,
    `keys.of.mine/${'k'.repeat(50)}`,
    `${'k'.repeat(50)}.json`,
    'a file  whose   name    has     many      blanks',
  ])('takes %s for a path', (setting) => {
    expect(looksLikeKey(setting)).toBe(false);
  });

  it('takes a long absolute path for a path', () => {
    expect(looksLikeKey('/var/lib/kubelet/pods/0123456789abcdef0123456789abcdef/volumes/settlement-key')).toBe(false);
  });
});
