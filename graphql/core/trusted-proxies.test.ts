import { describe, expect, it } from '@jest/globals';
import { addressKey, trustedProxies, trustOf } from './trusted-proxies.ts';

describe('GATEWAY_TRUST_PROXY', () => {
  it.each([
    ['false', false],
    ['0', false],
    ['1', 1],
    ['2', 2],
    ['10.0.0.7', ['10.0.0.7']],
    ['loopback, 10.0.0.0/8,fd00::/8', ['loopback', '10.0.0.0/8', 'fd00::/8']],
  ])('takes %s', (text, expected) => {
    expect(trustedProxies.parse(text)).toEqual(expected);
  });

  it.each(['true', 'yes', '*', '10.0.0.300', 'proxy.example', '10.0.0.0/40', '-1', '1,', ''])('refuses %p', (text) => {
    expect(() => trustedProxies.parse(text)).toThrow(/number of proxies/);
  });

  it('believes as many hops as there are proxies', () => {
    const trust = trustOf(2) as (address: string, hop: number) => boolean;
    expect([0, 1, 2].map((hop) => trust('10.0.0.1', hop))).toEqual([true, true, false]);
    expect(trustOf(false)).toBe(false);
  });
});

describe('the key that limits count by', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('of %s is %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
