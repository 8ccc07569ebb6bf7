/** Between clients and several gateways: each connection goes to one of those that are in use, and may be cut at any moment. */

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { SeededRandom } from '../random.ts';

export class Balancer {
  readonly #random: SeededRandom;
  readonly #server: Server;
  readonly #open: Socket[] = [];
  /** Ports of the gateways in use. */
  readonly #targets = new Set<number>();

  private constructor(random: SeededRandom) {
    this.#random = random;
    this.#server = createServer((near) => this.#pass(near));
  }

  static async start(random: SeededRandom): Promise<Balancer> {
    const balancer = new Balancer(random);
    await new Promise<void>((resolve) => balancer.#server.listen(0, '127.0.0.1', resolve));
    return balancer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that have reached a gateway. */
  get open(): number {
    return this.#open.length;
  }

  use(port: number): void {
    this.#targets.add(port);
  }

  /** No new connection goes there. */
  leave(port: number): void {
    this.#targets.delete(port);
  }

  /** Cuts one, whatever is on its way. */
  cut(): void {
    if (this.#open.length > 0) this.#random.pick(this.#open).destroy();
  }

  async close(): Promise<void> {
    for (const socket of [...this.#open]) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(near: Socket): void {
    near.on('error', () => undefined);
    if (this.#targets.size === 0) {
      near.destroy();
      return;
    }
    const far = connect(this.#random.pick([...this.#targets]), '127.0.0.1', () => this.#open.push(near));
    far.on('error', () => near.destroy());
    far.on('close', () => near.destroy());
    near.on('close', () => {
      far.destroy();
      const at = this.#open.indexOf(near);
      if (at !== -1) this.#open.splice(at, 1);
    });
    near.pipe(far).pipe(near);
  }
}
