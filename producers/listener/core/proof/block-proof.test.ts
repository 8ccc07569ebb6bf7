import { describe, expect, it } from '@jest/globals';
import type { Block } from '../ports.ts';
import { type BlockRange, readBlocks } from './block-proof.ts';

const row = (slot: number) => ({ signature: `s${slot}`, slot, failed: false, blockTime: slot });
const block = (slot: number, parentSlot: number, changes: Partial<Block> = {}): Block => ({
  ...{ slot, parentSlot, blockhash: `h${slot}`, previousBlockhash: `h${parentSlot}` },
  transactions: [{ row: row(slot), answer: `answer ${slot}` }],
  ...changes,
});
const range: BlockRange = { endpoint: 'a', fromSlot: 10, toSlot: 20, tipSlot: 500, concurrency: 2 };

function chainOf(...blocks: Block[]) {
  const asked: unknown[] = [];
  return {
    asked,
    blockSlots: async (from: number, to: number, endpoint: string) => {
      asked.push([from, to, endpoint]);
      return blocks.map(({ slot }) => slot).filter((slot) => slot >= from && slot <= to);
    },
    block: async (slot: number) => blocks.find((one) => one.slot === slot) as Block,
  };
}

describe('a range by its blocks', () => {
  it('is proven where a block behind it shows that its last slots have none, with all that its blocks hold', async () => {
    const chain = chainOf(block(10, 9), block(12, 10), block(25, 12), block(26, 25));
    const read = await readBlocks(chain, range);
    expect(read.provenSlot).toBe(20);
    expect([...read.rows.values()]).toEqual([row(10), row(12)]);
    expect([...read.answers]).toEqual([
      ['s10', 'answer 10'],
      ['s12', 'answer 12'],
    ]);
    expect(chain.asked).toEqual([[10, 120, 'a']]);
  });

  it('is proven up to its last block where none is behind it, and not at all where it has none', async () => {
    expect((await readBlocks(chainOf(block(11, 8), block(20, 11)), range)).provenSlot).toBe(20);
    expect((await readBlocks(chainOf(block(11, 8), block(15, 11)), range)).provenSlot).toBe(15);
    expect((await readBlocks(chainOf(), range)).provenSlot).toBe(9);
  });

  it('is looked at no further than the endpoint has finalised', async () => {
    const chain = chainOf(block(11, 8));
    await readBlocks(chain, { ...range, tipSlot: 22 });
    expect(chain.asked).toEqual([[10, 22, 'a']]);
  });

  it('may begin behind the genesis block, which holds nothing', async () => {
    expect((await readBlocks(chainOf(block(1, 0)), { ...range, fromSlot: 0 })).provenSlot).toBe(1);
  });

  it.each<[string, Block[], RegExp]>([
    [
      'a first one that follows one in the range',
      [block(12, 10)],
      /block 12 follows block 10, not the range from slot 10/,
    ],
    ['one that follows another slot', [block(10, 9), block(14, 12)], /block 14 follows block 12, not block 10/],
    [
      'one of another fork',
      [block(10, 9), block(12, 10, { previousBlockhash: 'other' })],
      /block 12 follows block 10, not block 10/,
    ],
    ['one behind the range that follows none of it', [block(10, 9), block(25, 18)], /block 25 follows block 18/],
  ])('is not proven by %s', async (_what, blocks, sentence) => {
    const [wrong] = blocks.slice(-1);
    const reading = readBlocks(chainOf(...blocks), range);
    await expect(reading).rejects.toThrow(sentence);
    await expect(reading).rejects.toMatchObject({
      ...{ code: 'ANSWER_CONTRADICTS', retryable: true },
      context: { endpoint: 'a', slot: wrong?.slot, parentSlot: wrong?.parentSlot },
    });
  });
});
