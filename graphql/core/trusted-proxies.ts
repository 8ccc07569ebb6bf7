/** Whom X-Forwarded-For is believed. Pure. */

import { z } from 'zod';

/** False: nobody. A number: so many proxies in front of us. A list: proxies at these addresses. */
export type TrustedProxies = false | number | readonly string[];

const NAMED = ['loopback', 'linklocal', 'uniquelocal'];
const ADDRESS = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6(), z.enum(NAMED)]);

/**
 * false, a count of proxies, or addresses. `true` is refused: it would believe whatever a client writes, and every limit by
 * address would be void.
 */
export const trustedProxies = z.string().transform((text, context): TrustedProxies => {
  const wanted = text.trim().toLowerCase();
  if (['false', 'no', '0'].includes(wanted)) return false;
  if (/^\d{1,2}$/.test(wanted)) return Number(wanted);
  const addresses = wanted.split(',').map((part) => part.trim());
  if (addresses.every((address) => ADDRESS.safeParse(address).success)) return addresses;
  context.addIssue({
    code: 'custom',
    message:
      'must be false, the number of proxies in front of the gateway, or their addresses (10.0.0.7, 10.0.0.0/8, loopback), comma separated; true would believe every client',
  });
  return z.NEVER;
});

/** The form that the HTTP server takes: whether the address that is `hop` steps away is a proxy of ours. */
export function trustOf(proxies: TrustedProxies): false | string[] | ((address: string, hop: number) => boolean) {
  if (proxies === false) return false;
  return typeof proxies === 'number' ? (_address, hop) => hop < proxies : [...proxies];
}

/**
 * What limits count a client by: the address, of IPv6 the network of 64 bits that one customer has whole.
 */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  const mapped = /:((?:\d{1,3}\.){3}\d{1,3})$/.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    groups.push(...Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => '0'), ...after);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
