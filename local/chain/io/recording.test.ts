import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROGRAM_ID } from '@attention-oracle/sdk';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Chain, startChain } from '../start-chain.ts';

const RECORDING = fileURLToPath(new URL('../../../sdk/fixtures/recorded/transactions.ndjson', import.meta.url));
const ACCOUNTS = fileURLToPath(new URL('../../../sdk/fixtures/recorded/accounts.json', import.meta.url));

type Entry = {
  signatureInfo: { signature: string; slot: number; blockTime: number };
  json: Record<string, unknown>;
  base64: [string, string];
};
const entries = readFileSync(RECORDING, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Entry);

describe('a recording served as history', () => {
  let chain: Chain;
  beforeAll(async () => {
    chain = await startChain({ recording: RECORDING, accountsFile: ACCOUNTS, slotMs: 'manual' });
  });
  afterAll(() => chain.stop());

  const ask = (method: string, ...params: unknown[]): unknown => {
    const result = chain.call(method, params) as { text?: string } | null;
    return typeof result === 'object' && result !== null && 'text' in result ? JSON.parse(result.text ?? '') : result;
  };

  it('gives every transaction as it was recorded, in json and in base64', () => {
    for (const { signatureInfo, json, base64 } of entries) {
      const options = { commitment: 'finalized', maxSupportedTransactionVersion: 1 };
      expect(ask('getTransaction', signatureInfo.signature, { ...options, encoding: 'json' })).toEqual(json);
      const answer = ask('getTransaction', signatureInfo.signature, { ...options, encoding: 'base64' });
      expect(answer).toEqual({ ...json, transaction: base64 });
    }
  });

  it('lists the signatures newest first, a page at a time', () => {
    const newestFirst = entries.map(({ signatureInfo }) => signatureInfo).reverse();
    expect(ask('getSignaturesForAddress', PROGRAM_ID)).toEqual(newestFirst);
    const paged: unknown[] = [];
    for (let before: string | undefined; ; ) {
      const page = ask('getSignaturesForAddress', PROGRAM_ID, { limit: 7, before }) as { signature: string }[];
      if (page.length === 0) break;
      paged.push(...page);
      before = page.at(-1)?.signature;
    }
    expect(paged).toEqual(newestFirst);
    const until = newestFirst[20]?.signature;
    expect(ask('getSignaturesForAddress', PROGRAM_ID, { until })).toEqual(newestFirst.slice(0, 20));
    expect(ask('getSignaturesForAddress', PROGRAM_ID, { before: '1'.repeat(64) })).toEqual([]);
  });

  it('goes on after the last recorded slot, in slots and in block time', () => {
    const last = entries.at(-1)?.signatureInfo;
    expect(last).toMatchObject({ slot: 86, blockTime: 1_763_510_434 });
    expect(ask('getSlot', { commitment: 'finalized' })).toBe(86);
    expect(ask('getSlot', { commitment: 'processed' })).toBe(87);
    expect(ask('getFirstAvailableBlock')).toBe(0);
    for (const { signatureInfo } of entries)
      expect(ask('getBlockTime', signatureInfo.slot)).toBe(signatureInfo.blockTime);
    chain.control.advanceSlots(50);
    expect(ask('getSlot', { commitment: 'finalized' })).toBe(105);
    expect(ask('getBlockTime', 106)).toBe(1_763_510_434 + 8);
  });

  it('has the recorded accounts', () => {
    const { value } = ask('getAccountInfo', 'BEcZXF6bR64tQiHjf8Tk7d91qH9AsHnyJgKWd5KFZLHU', { encoding: 'base64' }) as {
      value: { owner: string; lamports: number; data: [string, string] };
    };
    expect([value.owner, value.lamports, Buffer.from(value.data[0], 'base64').length]).toEqual([
      PROGRAM_ID,
      1_872_240,
      141,
    ]);
  });

  it('names the line that cannot be used', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'recording-'));
    const path = join(dir, 'bad.ndjson');
    writeFileSync(path, `${JSON.stringify(entries[0])}\n{"json":{"slot":1}}\n`);
    await expect(startChain({ recording: path })).rejects.toMatchObject({
      code: 'RECORDING_INVALID',
      message: expect.stringContaining('Line 2') as unknown,
    });
    await expect(startChain({ recording: join(dir, 'none') })).rejects.toMatchObject({ code: 'RECORDING_UNREADABLE' });
    rmSync(dir, { recursive: true });
  });
});
