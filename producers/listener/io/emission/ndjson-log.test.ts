import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { PROGRAM_ID } from '@attention-oracle/sdk';
import { afterEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '../../../../runtime/logging.ts';
import type { StreamEvent } from '../../../../schemas/records.ts';
import { until } from '../../../../tests/testing/until.ts';
import { toStreamEvents } from '../../core/emission/stream-events.ts';
import { claimTransaction } from '../../testing/claim-transactions.ts';
import { type NdjsonFormat, NdjsonLog } from './ndjson-log.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'ao-ndjson-'));
  directories.push(path);
  return path;
}

const openLog = (path: string, format: NdjsonFormat, totalMb = 100): Promise<NdjsonLog> =>
  NdjsonLog.open({ directory: path, totalMb, format, log: silentLogger() });

function claim(slot: number): StreamEvent {
  const { answer } = claimTransaction({ slot });
  const [event] = toStreamEvents(answer, { source: 'l', commitment: 'confirmed', programId: PROGRAM_ID }).events;
  if (event === undefined) throw new Error('no event');
  return event;
}

function linesIn(path: string): Record<string, unknown>[] {
  return readdirSync(path)
    .flatMap((file) => readFileSync(join(path, file), 'utf8').trim().split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const megabytesIn = (path: string): number =>
  readdirSync(path).reduce((sum, file) => sum + statSync(join(path, file)).size, 0) / 1_048_576;

describe('NDJSON log', () => {
  it('has one line an event, whole numbers exact, also when the event is written again at finalized', async () => {
    const path = directory();
    const log = await openLog(path, 'event');
    const event = claim(7);
    log.write(event);
    log.write({ ...event, commitment: 'finalized' });
    await log.close();
    const [line, ...rest] = linesIn(path);
    expect(rest).toEqual([]);
    expect(line).toMatchObject({ eventId: event.eventId, slot: 7, channel: 'lofi', commitment: 'confirmed' });
    expect(line).toHaveProperty('instruction.data.amount', '10');
    expect(line?.['raw']).toBe(Buffer.from(event.raw).toString('base64'));
  });

  it('writes the legacy line behind a switch', async () => {
    const path = directory();
    const log = await openLog(path, 'legacy');
    const event = claim(7);
    log.write(event);
    await log.close();
    const [line] = linesIn(path);
    expect(Object.keys(line ?? {})).toEqual(['ts', 'signature', 'slot', 'name', 'data']);
    expect(line).toMatchObject({
      ts: event.timestamp,
      name: 'claim_channel_open',
      data: { channel: 'lofi', amount: '10' },
    });
  });

  it('stays under its size in total, across restarts, also when the limit was lowered', async () => {
    const path = directory();
    const raw = new Uint8Array(20_000).fill(7);
    for (const totalMb of [2, 2, 2, 1]) {
      const log = await openLog(path, 'event', totalMb);
      for (let slot = 0; slot < 100; slot += 1) {
        log.write({ ...claim(slot), raw });
        // Files are rolled between turns, not within one.
        await setImmediate();
      }
      await log.close();
      // 100 lines of 27 kB were written: more than the limit, each time.
      await until('old files are removed', () => megabytesIn(path) < totalMb);
      expect(megabytesIn(path)).toBeGreaterThan(totalMb / 2);
    }
    expect(linesIn(path).at(-1)).toHaveProperty('slot');
  });
});
