import { useMemo, useSyncExternalStore } from 'react';
import { type Route, routeOf } from './route.ts';

function onMove(tell: () => void): () => void {
  window.addEventListener('hashchange', tell);
  return () => window.removeEventListener('hashchange', tell);
}

/** The view that the address names, always the newest. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(onMove, () => window.location.hash);
  return useMemo(() => routeOf(hash), [hash]);
}
