import type { SlotPace } from '../core/bank/slot-pace.ts';

/** Slots opened in one go before others get their turn, when the timer is behind. */
const BURST = 500;

/** Calls `advance` until the slot that the wall clock says is open. The result stops it. */
export function startSlotTimer(options: {
  pace: SlotPace;
  /** How many times faster than the block times say slots open. */
  speed: number;
  /** Unix milliseconds at which slot `originSlot` opened. */
  originMs: number;
  originSlot: number;
  currentSlot: () => number;
  advance: () => void;
}): () => void {
  const { pace, speed, originMs, originSlot, currentSlot, advance } = options;
  let timer: NodeJS.Timeout;
  const tick = () => {
    const due = pace.slotAfter(originSlot, (Date.now() - originMs) * speed);
    for (let i = 0; i < BURST && currentSlot() < due; i++) advance();
    const nextMs = originMs + pace.between(originSlot, currentSlot() + 1) / speed;
    timer = setTimeout(tick, Math.max(0, nextMs - Date.now()));
  };
  timer = setTimeout(tick, 0);
  return () => clearTimeout(timer);
}
