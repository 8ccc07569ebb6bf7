import { describe, expect, it } from '@jest/globals';
import { AddressGuard } from './address-guard.ts';

function isTaken(guard: AddressGuard, address: string, protocol = 'https:'): boolean {
  try {
    guard.check(address, protocol);
    return true;
  } catch (error) {
    expect((error as { code?: string }).code).toBe('WEBHOOK_ADDRESS_FORBIDDEN');
    return false;
  }
}

describe('the addresses of endpoints', () => {
  it.each([
    ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1'],
    ...['0.0.0.0', '224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fc00::1', 'fd12::1', 'ff02::1'],
    ...['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:a9fe:a9fe', '64:ff9b::7f00:1', '2002:7f00:1::'],
  ])('%s is not connected to', (address) => {
    expect(isTaken(new AddressGuard([]), address)).toBe(false);
  });

  it.each(['1.1.1.1', '172.32.0.1', '100.128.0.1', '192.169.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])(
    '%s is, by TLS alone',
    (address) => {
      expect(isTaken(new AddressGuard([]), address)).toBe(true);
      expect(isTaken(new AddressGuard([]), address, 'http:')).toBe(false);
    },
  );

  it('a private network is connected to where it is allowed, without TLS too, and no other', () => {
    const guard = new AddressGuard(['10.1.0.0/16', 'fd00::/8']);
    expect(['10.1.2.3', 'fd12::1', '10.2.0.1', '127.0.0.1'].map((address) => isTaken(guard, address, 'http:'))).toEqual(
      [true, true, false, false],
    );
  });

  it.each(['10.1.0.0/40', '10.1.0/16', 'ten/8'])('refuses %s as a network', (network) => {
    expect(() => new AddressGuard([network])).toThrow(/is no network/);
  });
});
