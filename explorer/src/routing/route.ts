/** What the part of the address behind # shows, and back. Pure. */

export type Route =
  | { readonly view: 'overview' }
  | { readonly view: 'roots' }
  | { readonly view: 'root'; readonly channel: string; readonly epoch: string }
  | { readonly view: 'channel'; readonly channel: string }
  | { readonly view: 'epochs' }
  | { readonly view: 'epoch'; readonly epoch: string }
  | { readonly view: 'wallet'; readonly address: string }
  | { readonly view: 'proof'; readonly channel: string; readonly epoch: string; readonly index: number }
  | { readonly view: 'verify' }
  | { readonly view: 'pipeline' }
  | { readonly view: 'unknown'; readonly text: string };

const WHOLE = /^\d{1,20}$/;
const MOST_INDEX = 2 ** 31 - 1;

/** Where a view is, as `href`. */
export function hrefOf(route: Route): string {
  const path = (...parts: readonly (string | number)[]): string =>
    `#/${parts.map((part) => encodeURIComponent(part)).join('/')}`;
  switch (route.view) {
    case 'overview':
      return '#/';
    case 'root':
      return path('roots', route.channel, route.epoch);
    case 'channel':
      return path('channels', route.channel);
    case 'epoch':
      return path('epochs', route.epoch);
    case 'wallet':
      return path('wallets', route.address);
    case 'proof':
      return path('roots', route.channel, route.epoch, route.index);
    case 'unknown':
      return `#${route.text}`;
    default:
      return path(route.view);
  }
}

/** @param hash As `location.hash` has it. */
export function routeOf(hash: string): Route {
  const unknown: Route = { view: 'unknown', text: hash.replace(/^#/, '') };
  let parts: string[];
  try {
    parts = hash
      .replace(/^#?\/?/, '')
      .split('/')
      .map(decodeURIComponent);
  } catch {
    return unknown;
  }
  const [view = '', first = '', second = '', third] = parts;
  if (parts.length === 1) {
    if (view === '') return { view: 'overview' };
    return view === 'roots' || view === 'epochs' || view === 'verify' || view === 'pipeline' ? { view } : unknown;
  }
  if (view === 'channels' && first !== '' && parts.length === 2) return { view: 'channel', channel: first };
  if (view === 'wallets' && first !== '' && parts.length === 2) return { view: 'wallet', address: first };
  if (view === 'epochs' && WHOLE.test(first) && parts.length === 2) return { view: 'epoch', epoch: first };
  if (view !== 'roots' || first === '' || !WHOLE.test(second)) return unknown;
  if (parts.length === 3) return { view: 'root', channel: first, epoch: second };
  return third !== undefined && parts.length === 4 && isIndex(third)
    ? { view: 'proof', channel: first, epoch: second, index: Number(third) }
    : unknown;
}

function isIndex(text: string): boolean {
  return WHOLE.test(text) && Number(text) <= MOST_INDEX;
}

/**
 * What somebody looks for: an epoch, a wallet, `channel/epoch`, `channel/epoch/index`, else a channel.
 * Nothing: undefined.
 */
export function routeFor(text: string): Route | undefined {
  const wanted = text.trim();
  if (wanted === '') return undefined;
  if (WHOLE.test(wanted)) return { view: 'epoch', epoch: wanted };
  if (/^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(wanted)) return { view: 'wallet', address: wanted };
  const [channel = '', epoch = '', index, ...more] = wanted.split('/');
  if (channel !== '' && WHOLE.test(epoch) && more.length === 0) {
    if (index === undefined) return { view: 'root', channel, epoch };
    if (isIndex(index)) return { view: 'proof', channel, epoch, index: Number(index) };
  }
  return { view: 'channel', channel: wanted };
}
