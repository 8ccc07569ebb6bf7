import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { pickPort, pickPorts } from './ports.ts';

let server: Server | undefined;

afterEach(async () => {
  const closing = server;
  server = undefined;
  if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
});

async function occupiedPort(): Promise<number> {
  const occupying = createServer();
  server = occupying;
  await new Promise<void>((resolve) => occupying.listen(0, '127.0.0.1', resolve));
  const address = occupying.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('choosing a port', () => {
  it('takes another one when the preferred one is in use', async () => {
    const taken = await occupiedPort();
    const port = await pickPort({ name: 'a part', preferred: taken });
    expect(port).not.toBe(taken);
    expect(port).toBeGreaterThan(1023);
  });

  it('refuses a given one that is in use, naming port and part', async () => {
    const taken = await occupiedPort();
    await expect(pickPort({ name: 'Kafka', given: taken })).rejects.toMatchObject({
      code: 'STACK_PORT_TAKEN',
      message: expect.stringContaining(`Port ${taken}, given for Kafka, is in use`),
    });
  });

  it('takes the given one when it is free', async () => {
    const free = await pickPort({ name: 'a part' });
    expect(await pickPort({ name: 'a part', given: free })).toBe(free);
  });

  it('never gives two parts the same one', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `part ${index}`);
    const ports = await pickPorts(names);
    expect([...ports.keys()]).toEqual(names);
    expect(new Set(ports.values()).size).toBe(names.length);
  });
});
