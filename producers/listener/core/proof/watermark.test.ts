import { describe, expect, it } from '@jest/globals';
import { memoryTopic } from '../../../../simulation/ingest/bench-listener.ts';
import type { PendingEmission } from '../emission/emissions.ts';
import { ListenerState } from '../emission/listener-state.ts';
import { restoreEmissions } from '../emission/restore-emissions.ts';
import { WriteQueue } from '../emission/write-queue.ts';
import { emptyCursor } from '../reading/start-position.ts';
import { blockTimeAt, type ProvenRange, WALK_METHOD, writeWatermark } from './watermark.ts';

interface Writer {
  readonly state: ListenerState;
  readonly topic: ReturnType<typeof memoryTopic>;
  write(settled: readonly string[], range?: Partial<ProvenRange>, generation?: number): Promise<boolean>;
}

function listener(): Writer {
  const topic = memoryTopic();
  const state = new ListenerState(8);
  state.restore(emptyCursor('one', 0, topic.endOffsets(), 0), restoreEmissions([]));
  const log = topic.own('one', new AbortController().signal);
  const queue = new WriteQueue({ log, recover: async () => undefined, fenced: () => undefined });
  const clock = { nowMs: () => 0, sleep: async () => undefined };
  const write = (
    settled: readonly string[],
    changes: Partial<ProvenRange> = {},
    generation = state.generation,
  ): Promise<boolean> => {
    const range: ProvenRange = {
      ...{ source: 'one', slot: 50, blockTime: 1, newestSignature: undefined, signatures: 1, endpoint: 'a' },
      method: 'blocks',
      isSettled: (signature) => settled.includes(signature),
      isShown: (signature) => settled.includes(signature),
      ...changes,
    };
    return writeWatermark({ queue, state, clock, wallMs: () => 7 }, range, generation);
  };
  return { state, topic, write };
}

const pending = (signature: string, slot: number): PendingEmission => ({
  ...{ signature, slot, failed: false, events: [], offsets: new Map<number, number>(), tainted: false },
});

describe('writing a watermark', () => {
  it('is given up when something at confirmed came in below its slot that the proof does not know', async () => {
    const { state, write } = listener();
    state.emissions.recordConfirmed(pending('known', 20));
    state.emissions.recordConfirmed(pending('came in meanwhile', 30));
    expect(await write(['known'])).toBe(false);
    expect(state.cursor?.slot).toBe(-1);
    expect(await write(['known', 'came in meanwhile'])).toBe(true);
    expect(state.cursor?.slot).toBe(50);
  });

  it('is given up when the subscription told of a signature below its slot that the proof does not show', async () => {
    const { state, write } = listener();
    state.told('told of meanwhile', 30);
    state.told('above', 51);
    expect(await write([])).toBe(false);
    expect(await write(['told of meanwhile'])).toBe(true);
  });

  it('is given up when the state was read back since the proof, or another proof reached as far', async () => {
    const { state, topic, write } = listener();
    expect(await write([], {}, state.generation - 1)).toBe(false);
    expect(await write([])).toBe(true);
    const written = topic.records.length;
    expect(await write([])).toBe(false);
    expect(await write([], { slot: 49 })).toBe(false);
    expect(topic.records).toHaveLength(written);
  });

  it('is given up before anything was read back', async () => {
    const state = new ListenerState(8);
    const log = memoryTopic().own('one', new AbortController().signal);
    const queue = new WriteQueue({ log, recover: async () => undefined, fenced: () => undefined });
    const clock = { nowMs: () => 0, sleep: async () => undefined };
    const range: ProvenRange = {
      ...{ source: 'one', slot: 50, blockTime: 1, newestSignature: 'a', signatures: 1, endpoint: 'a' },
      ...{ method: WALK_METHOD, isSettled: () => true, isShown: () => true },
    };
    expect(await writeWatermark({ queue, state, clock, wallMs: () => 7 }, range, state.generation)).toBe(false);
    expect(state.cursor).toBeUndefined();
  });

  it('says how the range was proven, and keeps the newest signature that was ever seen', async () => {
    const { state, topic, write } = listener();
    await write([], { newestSignature: 'newest', method: WALK_METHOD, signatures: 3, blockTime: 9 });
    const watermark = {
      ...{ source: 'one', fromSlot: 0, slot: 50, blockTime: 9, signatures: 3, endpoint: 'a' },
      method: 'signature-walk',
    };
    expect(topic.records).not.toEqual([]);
    for (const { content } of topic.records) expect(content).toEqual({ kind: 'watermark', watermark });
    expect(state.cursor).toMatchObject({ listener: 'one', fromSlot: 0, slot: 50, signature: 'newest', updatedAt: 7 });
    await write([], { slot: 60 });
    expect(state.cursor).toMatchObject({ slot: 60, signature: 'newest' });
  });

  it('does not wait for what came in above its slot', async () => {
    const { state, write } = listener();
    state.emissions.recordConfirmed(pending('later', 51));
    expect(await write([])).toBe(true);
    expect(state.emissions.pending('later')).toBeDefined();
  });
});

describe('the block time of a watermark', () => {
  const cursor = { ...emptyCursor('one', 0, [], 0), slot: 90, blockTime: 500 };
  const row = { signature: 's', slot: 95, failed: false, blockTime: 620 };
  const chainOf = (times: Readonly<Record<number, number | null>>) => {
    const asked: number[] = [];
    const blockTime = async (slot: number): Promise<number | null> => {
      asked.push(slot);
      const time = times[slot];
      if (time === undefined) throw new Error('skipped');
      return time;
    };
    return { asked, blockTime };
  };

  it('is that of its own block, or of the nearest one below that has one', async () => {
    expect(await blockTimeAt(chainOf({ 100: 700, 99: 699 }), 100, cursor, row)).toBe(700);
    expect(await blockTimeAt(chainOf({ 100: null, 98: 698 }), 100, cursor, row)).toBe(698);
  });

  it('is looked for in five slots, none below the cursor or the first one', async () => {
    const chain = chainOf({});
    await blockTimeAt(chain, 100, cursor, row);
    expect(chain.asked).toEqual([100, 99, 98, 97, 96]);
    const near = chainOf({});
    await blockTimeAt(near, 92, cursor, row);
    expect(near.asked).toEqual([92, 91, 90]);
    const first = chainOf({});
    await blockTimeAt(first, 1, { ...cursor, slot: -1 }, row);
    expect(first.asked).toEqual([1, 0]);
  });

  it('is that of the newest signature where no block tells, and never before the cursor', async () => {
    expect(await blockTimeAt(chainOf({}), 100, cursor, row)).toBe(620);
    expect(await blockTimeAt(chainOf({}), 100, cursor, { ...row, blockTime: null })).toBe(500);
    expect(await blockTimeAt(chainOf({}), 100, cursor, undefined)).toBe(500);
    expect(await blockTimeAt(chainOf({ 100: 400 }), 100, cursor, row)).toBe(500);
    expect(await blockTimeAt(chainOf({}), 100, cursor, { ...row, blockTime: 400 })).toBe(500);
  });

  it('is unknown where nothing tells, which is tried again', async () => {
    const unknown = blockTimeAt(chainOf({}), 100, { ...cursor, blockTime: 0 }, undefined);
    await expect(unknown).rejects.toMatchObject({
      code: 'BLOCK_TIME_UNKNOWN',
      retryable: true,
      context: { slot: 100 },
    });
    await expect(unknown).rejects.toThrow(/at or just below slot 100/);
  });
});
