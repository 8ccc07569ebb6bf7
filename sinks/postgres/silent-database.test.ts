import { afterAll, beforeAll, it } from '@jest/globals';
import { TestPlatform, until } from './testing/platform.ts';
import { TcpGate } from './testing/tcp-gate.ts';
import { streamEvent } from './testing/world.ts';

let platform: TestPlatform;
let gate: TcpGate;

beforeAll(async () => {
  platform = await TestPlatform.create('sink_silent');
  const address = new URL(platform.env.DATABASE_URL ?? '');
  gate = await TcpGate.open({ host: address.hostname, port: Number(address.port) });
});
afterAll(async () => {
  await platform.close();
  await gate.close();
});

it('database connections that fall silent without closing are dropped; nothing is lost, and readiness says so', async () => {
  const url = new URL(platform.env.DATABASE_URL ?? '');
  url.hostname = '127.0.0.1';
  url.port = String(gate.port);
  // Each connection that has fallen silent costs the sink ten seconds.
  const sink = await platform.start({ DATABASE_URL: url.toString(), DATABASE_POOL_SIZE: '3' });
  const send = async (n: number): Promise<void> => {
    const claim = { action: 'claim', commitment: 'confirmed', retracted: false, succeeded: true } as const;
    const event = streamEvent({ ...claim, source: 'north', n, channel: 'ada', slot: 3 });
    await platform.send([platform.record('streamEvents', 0, 'StreamEvent', event)]);
  };
  const claims = async (): Promise<number> => (await platform.rows('select from claims')).length;
  await send(1);
  await until('the first claim', async () => (await claims()) === 1);
  gate.silence();
  // Until it has been seen: new connections would end the trouble within one look.
  gate.refuseNew();
  await send(2);
  await until('not ready', async () => sink.ready().database === false);
  gate.reopen();
  await until('the second claim', async () => (await claims()) === 2);
  await until('ready again', async () => sink.ready().database === true);
  await sink.stop();
});
