import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { noteChain } from './io/note-chain.ts';
import { TestPlatform } from './testing/platform.ts';

let platform: TestPlatform;

beforeEach(async () => {
  platform = await TestPlatform.create('sink_chain');
});
afterEach(() => platform.close());

async function listenerReads(listener: string, genesisHash: string | null): Promise<void> {
  const cursor = {
    listener,
    fromSlot: 0,
    slot: 5,
    signature: null,
    blockTime: 0,
    resumeOffsets: [],
    updatedAt: 1,
    genesisHash,
  };
  await platform.send([{ ...platform.record('cursors', 0, 'Cursor', cursor), key: listener }]);
}

describe('the chain that the rows are of', () => {
  it('is noted when a listener first says it, and another one holds the sink', async () => {
    const { database, kafka, codec } = platform;
    const { pool } = database;
    const note = (): Promise<boolean> => noteChain(pool, { kafka, codec, signal: new AbortController().signal });
    await listenerReads('north', null);
    expect(await note()).toBe(false);
    expect(await platform.rows('select from deployment')).toEqual([]);
    await listenerReads('north', 'ours');
    expect(await note()).toBe(true);
    expect(await note()).toBe(true);
    await listenerReads('south', 'other');
    await expect(note()).rejects.toMatchObject({
      code: 'CHAIN_DIFFERS',
      message: expect.stringMatching(/north \(genesis ours\), south \(genesis other\)/),
    });
    await listenerReads('north', 'other');
    await expect(note()).rejects.toMatchObject({
      code: 'CHAIN_DIFFERS',
      message: expect.stringMatching(/chain with genesis ours.*read the one with genesis other/),
    });
    expect(await platform.rows('select genesis_hash from deployment')).toEqual([{ genesis_hash: 'ours' }]);
  });
});
