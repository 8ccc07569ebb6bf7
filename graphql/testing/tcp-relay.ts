/** A TCP relay whose far side can be taken away, or fall silent, to see what the gateway does. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface TcpRelay {
  readonly port: number;
  /** Connections that were tried so far. */
  readonly tried: number;
  /** Cuts every connection and refuses new ones. */
  cut(): void;
  /** New connections pass again; those that fell silent stay silent. */
  mend(): void;
  /** What is there falls silent without being closed; new connections pass, or with `all` are accepted and fall silent too. */
  silence(which?: 'open' | 'all'): void;
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  isSilent: boolean;
}

export async function startRelay(targetHost: string, targetPort: number): Promise<TcpRelay> {
  const pairs = new Set<Pair>();
  let state: 'passing' | 'cut' | 'silent' = 'passing';
  let tried = 0;
  const server = createServer((near) => {
    tried += 1;
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const pair: Pair = { near, far: connect(targetPort, targetHost), isSilent: state === 'silent' };
    const { far } = pair;
    pairs.add(pair);
    near.on('data', (data) => pair.isSilent || far.write(data));
    far.on('data', (data) => pair.isSilent || near.write(data));
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.on('close', () => {
      pairs.delete(pair);
      far.destroy();
    });
    far.on('close', () => pair.isSilent || near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    state = 'cut';
    for (const { near, far } of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    get tried() {
      return tried;
    },
    cut,
    mend: () => {
      state = 'passing';
    },
    silence: (which = 'open') => {
      for (const pair of pairs) pair.isSilent = true;
      if (which === 'all') state = 'silent';
    },
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
