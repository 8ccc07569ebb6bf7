/**
 * `npm run subscribers -- [--subscribers N] [--cuts N] [--rounds N] [--seed N] [--json]`: subscribers with the SDK's client follow channels over two
 * gateways while items come, their connections are cut at random, and one gateway after the other is killed (kill -9) or stopped and started again.
 * Status 0 only where each was told every item of its channel once and in order. The seed decides what is cut, and when and how gateways go.
 */

import { setImmediate as othersHadTheirTurn } from 'node:timers/promises';
import { createGatewayClient, type GatewayClient } from '@attention-oracle/sdk/graphql';
import { storeClaim } from '../../graphql/testing/live-items.ts';
import { until } from '../../tests/testing/until.ts';
import { type GatewayStack, type StartedGateway, withGatewayStack } from '../gateway-stack.ts';
import { SeededRandom } from '../random.ts';
import { wholeNumberOptions } from '../whole-number-options.ts';
import { Balancer } from './balancer.ts';
import { toldWrongly } from './told-items.ts';

const options = wholeNumberOptions(
  'npm run subscribers',
  { subscribers: { default: 1000 }, cuts: { default: 10_000 }, rounds: { default: 10, min: 0 }, seed: { default: 1 } },
  '--subscribers 100 --cuts 500 --rounds 3',
);
const PARTITIONS = 3;
const CHANNELS = 12;
const GATEWAYS = 2;
/** Connections that are cut before the next item comes. */
const CUTS_AN_ITEM = 4;
/** The next one is cut once so many subscribers are connected: who is always away is told nothing. */
const CONNECTED = 0.8;
const USER = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
const LIMITS = {
  GATEWAY_RATE_LIMIT_PER_MINUTE: '0',
  GATEWAY_SOCKETS_PER_ADDRESS: '100000',
  GATEWAY_FEED_INTERVAL_MS: '50',
};

interface Subscriber {
  readonly channel: number;
  readonly client: GatewayClient;
  readonly told: number[];
  readonly running: Promise<void>;
}

const channelName = (channel: number): string => `storm-${channel}`;

function subscribe(url: string, channel: number): Subscriber {
  const client = createGatewayClient({ url });
  const told: number[] = [];
  const run = async (): Promise<void> => {
    for await (const { claimIngested } of client.claimIngested({ channel: channelName(channel), after: 'beginning' }))
      told.push(Number(/x(\d+)\/0$/.exec(claimIngested.eventId)?.[1]));
  };
  return { channel, client, told, running: run() };
}

/** Items of each channel so far. */
class Items {
  readonly stored = Array.from({ length: CHANNELS }, () => 0);
  readonly #stack: GatewayStack;

  constructor(stack: GatewayStack) {
    this.#stack = stack;
  }

  async store(channel: number): Promise<void> {
    const number = (this.stored[channel] ?? 0) + 1;
    const { pool, topics } = this.#stack;
    const name = channelName(channel);
    const eventId = `${name}x${number}/0`;
    await storeClaim(pool, topics.streamEvents, {
      channel: name,
      user: USER,
      eventId,
      partition: channel % PARTITIONS,
    });
    this.stored[channel] = number;
  }
}

await withGatewayStack('subscribers', PARTITIONS, async (stack) => {
  const random = new SeededRandom(options.seed);
  const gateways: StartedGateway[] = [];
  const balancer = await Balancer.start(new SeededRandom(options.seed + 1));
  const portOf = ({ url }: StartedGateway): number => Number(new URL(url).port);
  const begin = async (): Promise<void> => {
    const started = await stack.startGateway('0', LIMITS);
    gateways.push(started);
    balancer.use(portOf(started));
  };
  const ends = { killed: 0, stopped: 0 };
  /** One goes, and another takes its place, at another port. */
  const replace = async (): Promise<void> => {
    const [one] = gateways.splice(random.between(0, gateways.length - 1), 1) as [StartedGateway];
    balancer.leave(portOf(one));
    const how = random.chance(0.5) ? 'killed' : 'stopped';
    ends[how] += 1;
    stack.log(`a gateway is ${how}`);
    await (how === 'killed' ? one.gateway.kill() : one.gateway.stop());
    await begin();
  };
  const items = new Items(stack);
  const subscribers: Subscriber[] = [];
  try {
    while (gateways.length < GATEWAYS) await begin();
    const url = `http://127.0.0.1:${balancer.port}/graphql`;
    for (let at = 0; at < options.subscribers; at += 1) subscribers.push(subscribe(url, at % CHANNELS));
    let replacing = Promise.resolve();
    let replaced = 0;
    const beganMs = performance.now();
    for (let cuts = 0; cuts < options.cuts; cuts += 1) {
      await until('subscribers are connected', () => balancer.open >= CONNECTED * options.subscribers);
      balancer.cut();
      await othersHadTheirTurn();
      if (cuts % CUTS_AN_ITEM === 0) await items.store(random.between(0, CHANNELS - 1));
      if (replaced < options.rounds && cuts >= ((replaced + 1) * options.cuts) / (options.rounds + 1)) {
        replaced += 1;
        // Cuts and items go on meanwhile; the next one waits for it.
        replacing = replacing.then(replace);
      }
    }
    await replacing;
    for (let channel = 0; channel < CHANNELS; channel += 1) await items.store(channel);
    const seconds = (performance.now() - beganMs) / 1000;
    const isTold = ({ channel, told }: Subscriber): boolean => told.length >= (items.stored[channel] ?? 0);
    await until('everything is told', () => subscribers.every(isTold)).catch((error: unknown) =>
      stack.log(String(error)),
    );
    const wrong = subscribers.map(({ channel, told }) => toldWrongly(told, items.stored[channel] ?? 0));
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
    const result = {
      seed: options.seed,
      subscribers: subscribers.length,
      cuts: options.cuts,
      ...ends,
      items: sum(items.stored),
      told: sum(subscribers.map(({ told }) => told.length)),
      seconds: Math.round(seconds),
      lost: sum(wrong.map(({ lost }) => lost)),
      repeated: sum(wrong.map(({ repeated }) => repeated)),
      outOfOrder: sum(wrong.map(({ outOfOrder }) => outOfOrder)),
    };
    process.stdout.write(`${JSON.stringify(result, undefined, options.json ? 0 : 2)}\n`);
    process.exitCode = result.lost + result.repeated + result.outOfOrder === 0 ? 0 : 1;
  } finally {
    await Promise.all(subscribers.map(({ client }) => client.close()));
    await Promise.allSettled(subscribers.map(({ running }) => running));
    await balancer.close();
    await Promise.all(gateways.map(({ gateway }) => gateway.stop()));
  }
});
