import { describe, expect, it } from '@jest/globals';
import { memoryTopic } from '../../../../simulation/ingest/bench-listener.ts';
import type { PendingEmission } from '../emission/emissions.ts';
import { ListenerState } from '../emission/listener-state.ts';
import { restoreEmissions } from '../emission/restore-emissions.ts';
import { WriteQueue } from '../emission/write-queue.ts';
import { emptyCursor } from '../reading/start-position.ts';
import { type ProvenRange, writeWatermark } from './watermark.ts';

function listener(): { state: ListenerState; write: (settled: readonly string[]) => Promise<boolean> } {
  const topic = memoryTopic();
  const state = new ListenerState(8);
  state.restore(emptyCursor('one', 0, topic.endOffsets(), 0), restoreEmissions([]));
  const log = topic.own('one', new AbortController().signal);
  const queue = new WriteQueue({ log, recover: async () => undefined, fenced: () => undefined });
  const clock = { nowMs: () => 0, sleep: async () => undefined };
  const write = (settled: readonly string[]): Promise<boolean> => {
    const range: ProvenRange = {
      ...{ source: 'one', slot: 50, blockTime: 1, newestSignature: undefined, signatures: 1, endpoint: 'a' },
      method: 'blocks',
      isSettled: (signature) => settled.includes(signature),
      isShown: (signature) => settled.includes(signature),
    };
    return writeWatermark({ queue, state, clock, wallMs: () => 0 }, range, state.generation);
  };
  return { state, write };
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

  it('does not wait for what came in above its slot', async () => {
    const { state, write } = listener();
    state.emissions.recordConfirmed(pending('later', 51));
    expect(await write([])).toBe(true);
    expect(state.emissions.pending('later')).toBeDefined();
  });
});
