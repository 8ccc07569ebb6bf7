import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RoleProcess } from '../../tests/testing/role-process.ts';
import { until } from '../../tests/testing/until.ts';
import { Receiver } from './testing/receiver.ts';
import { WebhooksRig } from './testing/rig.ts';

const CHANNELS = Array.from({ length: 10 }, (_, index) => `channel-${index}`);
const EPOCHS = Array.from({ length: 30 }, (_, index) => index + 1);

let rig: WebhooksRig;
let receiver: Receiver;
const senders: RoleProcess[] = [];

beforeAll(async () => {
  rig = await WebhooksRig.start();
  receiver = await Receiver.start();
});
afterAll(async () => {
  await Promise.all(senders.map((sender) => sender.stop()));
  await receiver?.stop();
  await rig?.stop();
});

function startSender(): RoleProcess {
  const sender = new RoleProcess('webhooks', 'webhooks', rig.env, join(rig.dir, `sender-${senders.length}`));
  senders.push(sender);
  return sender;
}

describe('webhooks through an outage of the receiver and kill -9 of the sender', () => {
  it('lose nothing, keep the order of each channel, and repeat with the same id and body alone', async () => {
    rig.register({ id: 'acme', url: receiver.url });
    // The receiver is away for every message between the 50th and what has come 40 requests later.
    receiver.answering = (_webhook, nth) => (nth > 50 && nth <= 90 ? 503 : 204);
    const first = startSender();
    await Promise.all(CHANNELS.map((channel) => rig.roots(channel, EPOCHS)));
    await until('it was killed in the middle', () => receiver.taken.length >= 100);
    await first.kill();
    const takenBefore = receiver.once().length;
    expect(takenBefore).toBeLessThan(CHANNELS.length * EPOCHS.length);
    startSender();
    await until('all are taken', () => receiver.once().length === CHANNELS.length * EPOCHS.length);
    for (const channel of CHANNELS) {
      const epochs = receiver.once(channel).map(({ data }) => ('epoch' in data ? Number(data.epoch) : 0));
      expect(epochs).toEqual(EPOCHS);
    }
    const bodies = new Map<string, Set<string>>();
    for (const { id, message } of receiver.seen) {
      const known = bodies.get(id) ?? new Set();
      bodies.set(id, known.add(JSON.stringify(message)));
    }
    expect([...bodies.values()].filter(({ size }) => size !== 1)).toEqual([]);
  });
});
