/** The local chain as a process of `npm start`, with the keys that it begins with. */

import { join } from 'node:path';
import { keyFile } from './keys.ts';
import type { LocalChain } from './plan.ts';
import type { RoleProcessSpec } from './role-processes.ts';

export interface ChainRole {
  readonly lends: LocalChain;
  spec(opsUrl: string): RoleProcessSpec;
}

/** @param port Where it will listen. */
export function chainRole(dataDir: string, port: number, consensus: string): ChainRole {
  const keys = join(dataDir, 'keys');
  const mint = keyFile(keys, 'mint');
  const publisher = keyFile(keys, 'publisher');
  const address = publisher.keypair.publicKey.toBase58();
  return {
    lends: { port, mint, publisher, visitor: keyFile(keys, 'visitor') },
    spec: (opsUrl) => ({
      name: 'chain',
      command: 'chain',
      opsUrl,
      env: {
        METRICS_ENDPOINT: `${opsUrl}/metrics`,
        CHAIN_PORT: String(port),
        CHAIN_CONSENSUS: consensus,
        CHAIN_DATA_DIR: join(dataDir, 'chain'),
        CHAIN_MINT: mint.keypair.publicKey.toBase58(),
        CHAIN_ADMIN: address,
        CHAIN_FUNDED: address,
        NODE_COMPILE_CACHE: join(dataDir, 'compile-cache'),
        AO_ENV_FILE: 'none',
      },
    }),
  };
}
