import { useEffect, useRef } from 'react';

/** Does something again and again while the page is looked at. */
export function usePolled(again: () => void, everyMs: number): void {
  const latest = useRef(again);
  useEffect(() => {
    latest.current = again;
  }, [again]);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') latest.current();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}
