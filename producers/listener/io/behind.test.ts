import { describe, expect, it } from '@jest/globals';
import { Registry } from '@prometheus-io/client';
import { emptyCursor } from '../core/reading/start-position.ts';
import { Behind } from './behind.ts';
import { ListenerMetrics } from './listener-metrics.ts';

const FIRST = 1_760_000_000;

/** A listener's view on a chain of so many milliseconds a slot. */
function rig(slotMs: number) {
  const registry = new Registry();
  let nowMs = 0;
  const chain = {
    isSilent: false,
    blockTime: async (slot: number): Promise<number> => {
      if (chain.isSilent) throw new Error('no answer');
      return FIRST + Math.floor((slot * slotMs) / 1000);
    },
  };
  const behind = new Behind({ chain, clock: { nowMs: () => nowMs }, metrics: new ListenerMetrics(registry) });
  return {
    chain,
    behind,
    pass: (ms: number): void => void (nowMs += ms),
    look: (tipSlot: number, slot: number): Promise<void> => {
      const blockTime = FIRST + Math.floor((slot * slotMs) / 1000);
      return behind.look(tipSlot, { ...emptyCursor('a', 0, [], 0), slot, blockTime });
    },
    value: async (name: string): Promise<number | undefined> =>
      (await registry.getSingleMetric(name)?.get())?.values[0]?.value,
  };
}

describe('a listener that is behind', () => {
  it('is not "0 seconds behind" before it has looked', async () => {
    expect(await rig(400).value('ao_listener_seconds_behind')).toBeNaN();
  });

  it.each([
    [400, 120],
    [200, 60],
  ])(
    'is so many seconds behind as the block times say: at %i ms a slot 300 slots are %i s',
    async (slotMs, seconds) => {
      const { look, value } = rig(slotMs);
      await look(1300, 1000);
      expect(await value('ao_listener_slots_behind')).toBe(300);
      expect(await value('ao_listener_seconds_behind')).toBe(seconds);
    },
  );

  it.each([400, 200])('tells by the pace where the node gives no block time, at %i ms a slot', async (slotMs) => {
    const { chain, look, value } = rig(slotMs);
    for (let at = 0; at < 60_000; at += 4000) await look(at / slotMs, at / slotMs);
    expect(await value('ao_listener_slot_ms')).toBe(slotMs);
    chain.isSilent = true;
    await look(56_000 / slotMs + 300, 56_000 / slotMs);
    expect(await value('ao_listener_seconds_behind')).toBe((300 * slotMs) / 1000);
  });

  it('falls behind while its rounds fail', async () => {
    const { look, pass, value } = rig(400);
    await look(1000, 1000);
    expect(await value('ao_listener_seconds_behind')).toBe(0);
    pass(150_000);
    expect(await value('ao_listener_seconds_behind')).toBe(150);
  });
});
