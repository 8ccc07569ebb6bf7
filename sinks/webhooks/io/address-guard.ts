/** Which addresses may be connected to: a registered URL must not reach into the network that the sender stands in. */

import { BlockList, isIP } from 'node:net';
import { AppError } from '../../../runtime/errors.ts';

/** Not on the internet: this host, private, shared, link-local (clouds' metadata), multicast, reserved, for documents. */
const NOT_PUBLIC: readonly string[] = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...[
    '224.0.0.0/4',
    '240.0.0.0/4',
    '::/96',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/23',
    '2001:db8::/32',
  ],
  ...['2002::/16', '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/9', 'ff00::/8'],
];

export class AddressGuard {
  readonly #notPublic = blockList(NOT_PUBLIC);
  readonly #allowed: BlockList;

  /** @param privateNetworks Networks that may be reached although they are not public. @throws AppError CONFIG_INVALID */
  constructor(privateNetworks: readonly string[]) {
    this.#allowed = blockList(privateNetworks);
  }

  /** @throws AppError WEBHOOK_ADDRESS_FORBIDDEN */
  check(address: string, protocol: string): void {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (this.#allowed.check(address, family)) return;
    if (this.#notPublic.check(address, family))
      throw forbidden(
        `${address} is no public address: the role connects to it only when its network stands in WEBHOOKS_PRIVATE_NETWORKS`,
      );
    if (protocol !== 'https:')
      throw forbidden('An endpoint with an http:// URL is taken in private networks only: register an https:// URL');
  }
}

function forbidden(why: string): AppError {
  return new AppError('WEBHOOK_ADDRESS_FORBIDDEN', `${why}.`);
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    try {
      list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
    } catch (cause) {
      throw new AppError('CONFIG_INVALID', `WEBHOOKS_PRIVATE_NETWORKS: ${network} is no network.`, { cause });
    }
  }
  return list;
}
