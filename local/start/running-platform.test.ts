import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { announcePlatform, platformOn, runningPlatforms } from './running-platform.ts';

let dir: string;
let dataDir: string;
let notes: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'platforms-'));
  dataDir = join(dir, 'data');
  notes = join(dir, 'notes');
  mkdirSync(dataDir);
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const variables = { KAFKA_BROKERS: '127.0.0.1:9092' };

/** What is there after the owner was killed and another process has got its id. */
function giveToAnotherProcess(path: string): void {
  const content = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...content, identity: 'another boot/1' }));
}

describe('a running platform', () => {
  it('is found by its folder and without, is read by its owner only, and is gone when it stops', async () => {
    const announced = announcePlatform(dataDir, variables, notes);
    const expected = { dataDir, pid: process.pid, variables };
    expect(platformOn(dataDir)).toEqual(expected);
    expect(runningPlatforms(notes)).toEqual([expected]);
    expect(statSync(join(dataDir, 'platform.json')).mode & 0o777).toBe(0o600);
    await announced.stop();
    expect(platformOn(dataDir)).toBeUndefined();
    expect(runningPlatforms(notes)).toEqual([]);
    expect([...readdirSync(dataDir), ...readdirSync(notes)]).toEqual([]);
  });

  it('that was killed leaves no settings that act, even when another process has its id', () => {
    announcePlatform(dataDir, variables, notes);
    giveToAnotherProcess(join(dataDir, 'platform.json'));
    expect(platformOn(dataDir)).toBeUndefined();
    expect(runningPlatforms(notes)).toEqual([]);
  });

  it('clears away the notes of those that were killed', () => {
    announcePlatform(dataDir, variables, notes);
    const left = join(notes, '1.json');
    writeFileSync(left, readFileSync(join(notes, `${process.pid}.json`)));
    giveToAnotherProcess(left);
    announcePlatform(join(dir, 'data'), variables, notes);
    expect(readdirSync(notes)).toEqual([`${process.pid}.json`]);
  });

  it('is not found in a folder that holds anything else', () => {
    writeFileSync(join(dataDir, 'platform.json'), 'not json');
    expect(platformOn(dataDir)).toBeUndefined();
    expect(platformOn(join(dir, 'nowhere'))).toBeUndefined();
  });
});
