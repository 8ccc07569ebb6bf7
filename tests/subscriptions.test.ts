/** Subscriptions of a running platform: whoever freezes or dies, an item is told once and none is lost. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestSocket } from '../graphql/testing/rig.ts';
import { claimEvent } from '../processors/epoch-roots/testing/records.ts';
import { connectProducer, type RecordProducer } from '../runtime/kafka/producer.ts';
import { Platform } from './testing/platform.ts';
import type { RoleProcess } from './testing/role-process.ts';
import { until } from './testing/until.ts';

const SUBSCRIPTION = 'subscription ($after: String) { claimIngested(after: $after) { eventId cursor } }';
const CHANNELS = ['a', 'b', 'c', 'd'];

let platform: Platform;
let producer: RecordProducer;
let sink: RoleProcess;
let gateway: RoleProcess;
let sent = 0;

beforeAll(async () => {
  platform = await Platform.create({ ANCHOR_PROVIDER_URL: 'http://127.0.0.1:1' });
  producer = await connectProducer(platform.kafka);
  [sink, gateway] = await Promise.all([platform.start('sink'), platform.start('gateway')]);
});

afterAll(async () => {
  gateway?.signal('SIGCONT');
  await producer?.disconnect();
  await platform?.stop();
});

/** Claims come to the event topic; resolves when the sink has stored all so far. */
async function ingest(count: number): Promise<void> {
  const records = Array.from({ length: count }, () => {
    const channel = CHANNELS[sent % CHANNELS.length] ?? '';
    sent += 1;
    const event = claimEvent({ tx: sent, slot: sent, channel, kind: 'confirmed' });
    return { topic: platform.topics.streamEvents, key: channel, value: platform.codec.encode('StreamEvent', event) };
  });
  await producer.send(records);
  await until('the sink has stored them', async () => {
    const [row] = await platform.rows<{ count: string }>('select count(*) from claims');
    return Number(row?.count) === sent;
  });
}

/** A client that comes back after its last cursor. */
class Client {
  readonly eventIds: string[] = [];
  cursor = 'beginning';
  #socket: TestSocket | undefined;

  async connect(): Promise<void> {
    const url = await gateway.startedField('gateway');
    this.#socket = await TestSocket.open(`${url.replace('http', 'ws')}/graphql`);
    this.#socket.subscribe('1', SUBSCRIPTION, { after: this.cursor });
  }

  async untilTold(count: number): Promise<void> {
    await this.#socket?.until(() => {
      for (const { type, payload } of this.#socket?.of('1').slice(this.#taken) ?? []) {
        this.#taken += 1;
        expect(type).toBe('next');
        const { data } = payload as { data: { claimIngested: { eventId: string; cursor: string } } };
        this.eventIds.push(data.claimIngested.eventId);
        this.cursor = data.claimIngested.cursor;
      }
      return this.eventIds.length >= count;
    });
  }
  #taken = 0;

  /** Cuts the connection, whatever has come since. */
  leave(): void {
    this.#socket?.close();
    this.#taken = 0;
  }

  /** All that was ingested, once. */
  async expectAll(): Promise<void> {
    await this.untilTold(sent);
    expect(new Set(this.eventIds).size).toBe(this.eventIds.length);
    const rows = await platform.rows<{ event_id: string }>('select event_id from claims');
    expect([...this.eventIds].sort()).toEqual(rows.map(({ event_id }) => event_id).sort());
  }
}

describe('a subscription', () => {
  it('skips nothing when the gateway freezes while claims come', async () => {
    const client = new Client();
    await client.connect();
    await ingest(8);
    await client.untilTold(8);
    gateway.signal('SIGSTOP');
    await ingest(32);
    gateway.signal('SIGCONT');
    await client.expectAll();
    client.leave();
  });

  it('goes on where it stood when gateway and sink are killed and claims come meanwhile', async () => {
    const client = new Client();
    for (let round = 0; round < 2; round += 1) {
      await client.connect();
      await ingest(5);
      await client.untilTold(sent - 5);
      client.leave();
      await Promise.all([gateway.kill(), sink.kill()]);
      [sink, gateway] = await Promise.all([platform.start('sink'), platform.start('gateway')]);
      await ingest(5);
    }
    await client.connect();
    await ingest(5);
    await client.expectAll();
    client.leave();
  });
});
