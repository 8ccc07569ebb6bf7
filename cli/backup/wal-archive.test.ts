import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { WalArchive } from './wal-archive.ts';

const LINE = { systemId: '7', timeline: 1 };
const SEGMENT = 64;
const home = mkdtempSync(join(tmpdir(), 'ao-wal-archive-'));
const bytes = (from: number, count: number): Buffer => Buffer.from(Array.from({ length: count }, (_, i) => from + i));

afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Two whole segments and a half. */
function archived(name: string): { backups: string; folder: string } {
  const backups = join(home, name);
  const archive = WalArchive.begin(backups, LINE, SEGMENT, 70n);
  archive.append(64n, bytes(0, 100));
  archive.append(164n, bytes(100, 60));
  archive.close();
  return { backups, folder: join(backups, 'wal', '7-1') };
}

async function copied(backups: string, from: bigint): Promise<Record<string, Buffer>> {
  const to = mkdtempSync(join(home, 'to-'));
  expect(await WalArchive.find(backups, LINE)?.copyFrom(from, to)).toBe(224n);
  return Object.fromEntries(readdirSync(to).map((name) => [name.slice(-2), readFileSync(join(to, name))]));
}

it('gives back every byte, from the segment of a position on', async () => {
  const { backups } = archived('whole');
  const all = await copied(backups, 64n);
  expect(Buffer.concat(Object.values(all))).toEqual(Buffer.concat([bytes(0, 160), Buffer.alloc(32)]));
  expect(Object.keys(await copied(backups, 190n))).toEqual(['02', '03']);
});

it('receives a segment that was not whole again, and forgets nothing meanwhile', async () => {
  const { backups } = archived('again');
  const archive = WalArchive.find(backups, LINE);
  expect(archive?.resumeLsn).toBe(192n);
  archive?.append(192n, bytes(128, 10));
  archive?.flush();
  expect(Object.keys(await copied(backups, 64n))).toEqual(['01', '02', '03']);
  expect(() => archive?.append(300n, bytes(0, 1))).toThrow(expect.objectContaining({ code: 'BACKUP_FAILED' }));
});

it.each([
  ['whole', '02', /holds another segment/],
  ['newest', '03.partial', /holds another segment/],
])('is found out when a byte of the %s segment has changed', async (name, file, message) => {
  const { backups, folder } = archived(`changed-${name}`);
  const path = join(folder, readdirSync(folder).find((one) => one.endsWith(file)) ?? '');
  const content = readFileSync(path);
  content[3] = (content[3] ?? 0) ^ 1;
  writeFileSync(path, content);
  await expect(copied(backups, 64n)).rejects.toMatchObject({
    code: 'BACKUP_DAMAGED',
    message: expect.stringMatching(message),
  });
});

it('is found out when a segment is missing, or was never archived', async () => {
  const { backups, folder } = archived('missing');
  await expect(copied(backups, 63n)).rejects.toMatchObject({
    message: expect.stringMatching(/what is between is missing/),
  });
  const name = readdirSync(folder).find((one) => one.endsWith('01')) ?? '';
  renameSync(join(folder, name), join(folder, 'away'));
  await expect(copied(backups, 64n)).rejects.toMatchObject({
    message: expect.stringMatching(`lacks the segment ${name}`),
  });
});
