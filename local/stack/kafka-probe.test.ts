import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { probeCluster } from './kafka-probe.ts';

let server: Server | undefined;

afterEach(async () => {
  const closing = server;
  server = undefined;
  if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
});

/** A server that answers anything with these bytes; undefined: never. Gives its port. */
async function answering(bytes: Buffer | undefined): Promise<number> {
  const fake = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => {
      if (bytes !== undefined) socket.write(bytes);
    });
  });
  server = fake;
  await new Promise<void>((resolve) => fake.listen(0, '127.0.0.1', resolve));
  const address = fake.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function text(value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeInt16BE(value.length);
  return Buffer.concat([length, Buffer.from(value)]);
}

function metadataAnswer(brokers: number, clusterId: string): Buffer {
  const int32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  const noRack = Buffer.from([0xff, 0xff]);
  const broker = Buffer.concat([int32(1), text('127.0.0.1'), int32(9092), noRack]);
  const list = Array.from({ length: brokers }, () => broker);
  const body = Buffer.concat([int32(1), int32(0), int32(brokers), ...list, text(clusterId), int32(1), int32(0)]);
  return Buffer.concat([int32(body.length), body]);
}

describe('asking a broker for its cluster', () => {
  it('gives the id once a broker is a member', async () => {
    const port = await answering(metadataAnswer(1, 'AbCdEf'));
    expect(await probeCluster(port, 2000)).toBe('AbCdEf');
  });

  it('gives nothing while the cluster has no member yet', async () => {
    const port = await answering(metadataAnswer(0, 'AbCdEf'));
    expect(await probeCluster(port, 2000)).toBeUndefined();
  });

  it('gives nothing for an answer that ends too early', async () => {
    const port = await answering(Buffer.from([0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 5]));
    expect(await probeCluster(port, 2000)).toBeUndefined();
  });

  it('gives nothing for a server that stays silent', async () => {
    const port = await answering(undefined);
    expect(await probeCluster(port, 100)).toBeUndefined();
  });

  it('gives nothing where nobody listens', async () => {
    const port = await answering(undefined);
    await new Promise((resolve) => server?.close(resolve));
    server = undefined;
    expect(await probeCluster(port, 2000)).toBeUndefined();
  });
});
