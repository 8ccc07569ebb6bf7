/**
 * Mends kafkajs 2.2.4's way with connections that fall silent without being closed: a request that nobody answers in time is sent
 * again over the same connection, for ever. The connection is dropped instead; the next request makes another.
 */

import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

interface Connection {
  readonly socket?: Socket;
  send(exchange: object): Promise<unknown>;
}

const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/connection') as { prototype: Connection };
const send = Reflect.get(prototype, 'send');

prototype.send = async function sendOrDrop(this: Connection, exchange: object): Promise<unknown> {
  try {
    return await send.call(this, exchange);
  } catch (error) {
    if (error instanceof Error && error.name === 'KafkaJSRequestTimeoutError') this.socket?.destroy(error);
    throw error;
  }
};
