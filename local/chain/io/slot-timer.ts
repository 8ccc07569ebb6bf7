/** Slots opened in one go before others get their turn, when the timer is behind. */
const BURST = 500;

/** Calls `advance` until the slot that the wall clock says is open. The result stops it. */
export function startSlotTimer(options: {
  slotMs: number;
  /** Unix milliseconds at which slot `originSlot` opened. */
  originMs: number;
  originSlot: number;
  currentSlot: () => number;
  advance: () => void;
}): () => void {
  const { slotMs, originMs, originSlot, currentSlot, advance } = options;
  let timer: NodeJS.Timeout;
  const tick = () => {
    const due = originSlot + Math.floor((Date.now() - originMs) / slotMs);
    for (let i = 0; i < BURST && currentSlot() < due; i++) advance();
    const nextMs = originMs + (currentSlot() + 1 - originSlot) * slotMs;
    timer = setTimeout(tick, Math.max(0, nextMs - Date.now()));
  };
  timer = setTimeout(tick, 0);
  return () => clearTimeout(timer);
}
