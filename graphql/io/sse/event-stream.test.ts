/** A stream of events and a client that does not read. */

import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CLIENT_GONE, GOING_AWAY, SLOW_READER } from '../../core/close-codes.ts';
import { EventStream, type EventStreamLimits } from './event-stream.ts';

let server: Server;
let opened: PromiseWithResolvers<EventStream>;
let limits: EventStreamLimits;
let answers: IncomingMessage[] = [];

beforeEach(async () => {
  opened = Promise.withResolvers();
  server = createServer((_request, response) => {
    response.writeHead(200);
    response.flushHeaders();
    opened.resolve(new EventStream(response, limits));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  // A client that does not read does not notice that its server is gone either.
  for (const answer of answers) answer.destroy();
  answers = [];
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function open(given: EventStreamLimits): Promise<{ stream: EventStream; answer: IncomingMessage }> {
  limits = given;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' }, resolve).on('error', reject);
  });
  answers.push(answer);
  answer.on('error', () => undefined);
  return { stream: await opened.promise, answer };
}

describe('a client that does not read', () => {
  it('is let go once too many bytes wait for it, and no more are taken', async () => {
    const { stream } = await open({ waitingBytes: 100_000 });
    const item = 'x'.repeat(50_000);
    let sent = 0;
    let isOver = false;
    void stream.ended.then(() => {
      isOver = true;
    });
    // More than the systems' own buffers hold.
    for (; !isOver; sent += 1) {
      void stream.send(item);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeGreaterThan(2);
    expect(await stream.ended).toEqual(SLOW_READER);
    expect(stream.waitingBytes).toBeLessThan(200_000);
    await stream.send(item);
  });

  it('is let go when it has taken nothing between two signs of life', async () => {
    const { stream } = await open({ waitingBytes: 1_000_000_000, pingEveryMs: 20 });
    let isOver = false;
    void stream.ended.then(() => {
      isOver = true;
    });
    while (!isOver) await stream.send('x'.repeat(1_000_000));
    expect(await stream.ended).toEqual(SLOW_READER);
  });
});

it('a client that reads is not let go, however many signs of life it is sent, and is told why it is closed', async () => {
  const { stream, answer } = await open({ waitingBytes: 100_000, pingEveryMs: 5 });
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await stream.send('event: next\n\n');
  while ((text.match(/:\n\n/g) ?? []).length < 10) await new Promise((resolve) => answer.once('data', resolve));
  stream.close(GOING_AWAY);
  await new Promise((resolve) => answer.once('end', resolve));
  expect(text).toMatch(/: closed 1001 .*connect again.*\n\n$/);
  expect(await stream.ended).toEqual(GOING_AWAY);
  await stream.gone;
});

it('a client that goes ends it', async () => {
  const { stream, answer } = await open({ waitingBytes: 1000 });
  answer.destroy();
  expect(await stream.ended).toEqual(CLIENT_GONE);
  await stream.gone;
});
