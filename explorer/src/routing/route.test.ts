import { describe, expect, it } from '@jest/globals';
import { hrefOf, type Route, routeFor, routeOf } from './route.ts';

const WALLET = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';

const ROUTES: readonly Route[] = [
  { view: 'overview' },
  { view: 'roots' },
  { view: 'epochs' },
  { view: 'verify' },
  { view: 'pipeline' },
  { view: 'root', channel: 'a/b #?%é', epoch: '18446744073709551615' },
  { view: 'channel', channel: 'lacy' },
  { view: 'epoch', epoch: '0' },
  { view: 'wallet', address: WALLET },
  { view: 'proof', channel: 'lacy', epoch: '7', index: 12 },
];

describe('the address of a view', () => {
  it.each(ROUTES)('leads back to it: %j', (route) => {
    expect(routeOf(hrefOf(route))).toEqual(route);
  });

  it.each([
    '#/nowhere',
    '#/roots/lacy/x',
    '#/roots/lacy/1/x',
    '#/roots/lacy/1/2/3',
    '#/roots/lacy/1/99999999999',
    '#/%E0%A4%A',
  ])('that is none, %s, is said to be none', (hash) => {
    expect(routeOf(hash).view).toBe('unknown');
  });
});

describe('what is looked for', () => {
  it.each([
    ['12', { view: 'epoch', epoch: '12' }],
    [` ${WALLET} `, { view: 'wallet', address: WALLET }],
    ['lacy/3', { view: 'root', channel: 'lacy', epoch: '3' }],
    ['lacy/3/5', { view: 'proof', channel: 'lacy', epoch: '3', index: 5 }],
    ['lacy', { view: 'channel', channel: 'lacy' }],
    ['a/b/c', { view: 'channel', channel: 'a/b/c' }],
    ['  ', undefined],
  ])('%s', (text, route) => {
    expect(routeFor(text)).toEqual(route);
  });
});
