import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../local/stack/stack.ts';
import { removeStackData } from '../local/stack/stack-data.ts';
import { Receiver } from '../sinks/webhooks/testing/receiver.ts';
import { WebhooksRig } from '../sinks/webhooks/testing/rig.ts';
import { RoleProcess } from '../tests/testing/role-process.ts';
import { testStackVariables } from '../tests/testing/stack.ts';
import { until } from '../tests/testing/until.ts';

const CHANNELS = Array.from({ length: 200 }, (_, index) => `channel-${index}`);
const EPOCHS = Array.from({ length: Number(process.env['BENCH_WEBHOOK_EPOCHS'] ?? 100) }, (_, index) => index + 1);
const MESSAGES = CHANNELS.length * EPOCHS.length;
const KILLS = 3;

/**
 * Deliveries a second of one process to one endpoint that verifies each: first undisturbed, then another 20,000 while the receiver
 * fails for stretches and the sender is killed three times; what is lost or out of order is counted.
 */
export async function run(): Promise<object> {
  const dataDir = mkdtempSync(join(import.meta.dirname, '..', '.data', 'bench-webhooks-'));
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const env = { AO_STACK: process.env['AO_STACK'] ?? 'embedded' };
  const stack = await startStack({ dataDir, fresh: true, durable: false, preferKnownPorts: false, env, log });
  const loadBefore = loadavg();
  process.env[testStackVariables.kafkaBrokers] = stack.kafkaBrokers.join(',');
  process.env[testStackVariables.registryUrl] = stack.registryUrl;
  process.env[testStackVariables.databaseUrl] = stack.databaseUrl;
  try {
    const undisturbed = await measure(0);
    log(`undisturbed: ${JSON.stringify(undisturbed)}`);
    return { messages: MESSAGES, undisturbed, disturbed: await measure(KILLS), loadBefore, loadAfter: loadavg() };
  } finally {
    await stack.stop();
    await removeStackData(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function measure(kills: number): Promise<object> {
  const rig = await WebhooksRig.start();
  const receiver = await Receiver.start();
  rig.register({ id: 'bench', url: receiver.url });
  for (const channel of CHANNELS) await rig.roots(channel, EPOCHS);
  // Away for 200 requests in every 2,000.
  if (kills > 0) receiver.answering = (_webhook, nth) => (nth % 2000 < 200 ? 503 : 204);
  const senders = [startSender(rig, 0)];
  await until('the first message', () => receiver.taken.length > 0);
  const startedMs = performance.now();
  for (let kill = 1; kill <= kills; kill += 1) {
    await until('it is in the middle', () => receiver.taken.length >= (MESSAGES * kill) / (kills + 1));
    await senders.at(-1)?.kill();
    senders.push(startSender(rig, kill));
  }
  const ids = new Set<string>();
  let counted = 0;
  await until('all are taken', () => {
    for (; counted < receiver.taken.length; counted += 1) ids.add(receiver.taken[counted]?.id ?? '');
    return ids.size === MESSAGES;
  });
  const seconds = (performance.now() - startedMs) / 1000;
  await Promise.all(senders.map((sender) => sender.stop()));
  await receiver.stop();
  await rig.stop();
  return {
    perSecond: Math.round(MESSAGES / seconds),
    ...{ kills, repeated: receiver.taken.length - ids.size, lost: MESSAGES - ids.size },
    outOfOrder: CHANNELS.filter((channel) => !isInOrder(receiver, channel)).length,
  };
}

function isInOrder(receiver: Receiver, channel: string): boolean {
  const epochs = receiver.once(channel).map(({ data }) => ('epoch' in data ? Number(data.epoch) : 0));
  return epochs.length === EPOCHS.length && epochs.every((epoch, index) => epoch === EPOCHS[index]);
}

function startSender(rig: WebhooksRig, nth: number): RoleProcess {
  return new RoleProcess('webhooks', 'webhooks', rig.env, join(rig.dir, `sender-${nth}`));
}
