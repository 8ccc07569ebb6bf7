/** The legacy gateway's port, taken as soon as the cut-over gives it and nobody holds it, and let go when it is taken back. */

import type { EventEmitter } from 'node:events';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, codeOf } from '../../runtime/errors.ts';
import type { Holds } from '../../runtime/holds.ts';
import type { Logger } from '../../runtime/logging.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';

const POLL_MS = 100;
/** What is under way on the port may end when it is let go. */
const FINISH_MS = 1000;
const SUBJECT = 'public port';

export interface TakeoverOptions {
  readonly pool: Pool;
  /** That serves what comes in on the port. */
  readonly http: EventEmitter;
  readonly host: string;
  readonly port: number;
  readonly log: Logger;
  readonly holds: Holds;
}

export class Takeover {
  readonly #options: TakeoverOptions;
  readonly #stop = new AbortController();
  readonly #sockets = new Set<Socket>();
  readonly #running: Promise<void>;
  #server: Server | undefined;

  constructor(options: TakeoverOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#letGo();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#look();
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { pool, log } = this.#options;
    let gateway: string | undefined;
    try {
      const { rows } = await pool.query<{ gateway: string }>('select gateway from cutover');
      gateway = rows[0]?.gateway;
    } catch (error) {
      // Nobody can tell: it stays as it is.
      log.debug({ err: error }, 'the cut-over cannot be read');
      return;
    }
    if (gateway === 'new') await this.#take();
    else await this.#letGo();
  }

  async #take(): Promise<void> {
    if (this.#server !== undefined) return;
    const { host, port, http, log, holds } = this.#options;
    const server = createTcpServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      http.emit('connection', socket);
    });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
      server.on('error', (error) => log.error({ err: error }, 'the public port fails'));
      this.#server = server;
      holds.release(SUBJECT);
      log.info({ port }, 'has taken the public port');
    } catch (error) {
      const why = codeOf(error) === 'EADDRINUSE' ? 'another process holds it' : String(error);
      holds.hold(
        SUBJECT,
        new AppError(
          'PORT_TAKEN',
          `The cut-over gives this gateway port ${port}, and ${why}: end the legacy gateway, or \`ao cutover rollback\`.`,
          { cause: error },
        ),
      );
    }
  }

  async #letGo(): Promise<void> {
    const server = this.#server;
    this.#options.holds.release(SUBJECT);
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((done) => server.close(() => done()));
    const late = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, FINISH_MS);
    await closed;
    clearTimeout(late);
    this.#options.log.info({ port: this.#options.port }, 'has let the public port go');
  }
}
