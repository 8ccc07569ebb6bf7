/** A TCP door in front of a service that a test can shut: what is there is cut off, what comes is refused. */

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface Gate {
  readonly port: number;
  shut(): Promise<void>;
  open(): Promise<void>;
  stop(): Promise<void>;
}

/** @param target host:port of the service. The gate is open at first. */
export async function startGate(target: { readonly host: string; readonly port: number }): Promise<Gate> {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let port = 0;
  const open = async (): Promise<void> => {
    const opened = createServer((client) => {
      const upstream = connect(target.port, target.host);
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    await new Promise<void>((done, failed) => {
      opened.once('error', failed);
      opened.listen(port, '127.0.0.1', done);
    });
    ({ port } = opened.address() as AddressInfo);
    server = opened;
  };
  const shut = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    const closed = new Promise<void>((done) => closing.close(() => done()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await open();
  return { port, open, shut, stop: shut };
}

/** The same URL, through the gate. */
export function through(url: string, gate: Gate): string {
  const changed = new URL(url);
  changed.hostname = '127.0.0.1';
  changed.port = String(gate.port);
  return changed.toString();
}
