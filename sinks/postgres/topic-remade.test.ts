import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../runtime/config.ts';
import { describeTopics } from '../../runtime/kafka/describe-topics.ts';
import { withBrokerAdmin } from '../../runtime/kafka/testing/broker-admin.ts';
import { ensureTopics } from '../../runtime/kafka/topics.ts';
import type { StartedRole } from '../../runtime/role.ts';
import { config } from './config.ts';
import { TestPlatform, until } from './testing/platform.ts';
import { streamEvent } from './testing/world.ts';

let platform: TestPlatform;
let sink: StartedRole | undefined;

beforeEach(async () => {
  platform = await TestPlatform.create('sink_remade');
});
afterEach(async () => {
  await sink?.stop();
  sink = undefined;
  await platform.close();
});

const claim = { action: 'claim', commitment: 'confirmed', retracted: false, succeeded: true, source: 'north' } as const;

async function sendClaims(from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  await platform.send(
    numbers.map((n) =>
      platform.record('streamEvents', 0, 'StreamEvent', streamEvent({ ...claim, n, channel: 'ada', slot: 3 })),
    ),
  );
}

async function remakeTopic(): Promise<void> {
  const topic = platform.names.streamEvents;
  const former = (await describeTopics(platform.kafka, [topic])).get(topic)?.id;
  await withBrokerAdmin(platform.kafka, (admin) => admin.deleteTopics({ topics: [topic] }));
  const settings = loadConfig(config, platform.env);
  await until('the topic is another one', async () => {
    await ensureTopics(platform.kafka, settings).catch(() => undefined);
    const id = (await describeTopics(platform.kafka, [topic])).get(topic)?.id;
    return id !== undefined && id !== former;
  });
}

const claims = async (): Promise<number> => (await platform.rows('select from claims')).length;
const held = (code: string) => async (): Promise<boolean> =>
  sink?.held().some((hold) => hold.code === code && hold.subject === `${platform.names.streamEvents}/0`) === true;

describe('a database whose topic is not the one that it was filled from', () => {
  it.each([3, 12])('holds the partition when the topic was made anew with %i records', async (records) => {
    sink = await platform.start();
    await sendClaims(0, 6);
    await until('six claims', async () => (await claims()) === 6);
    await sink.stop();
    await remakeTopic();
    await sendClaims(100, 100 + records);
    sink = await platform.start();
    await until('the hold', held('TOPIC_REPLACED'));
    await sendClaims(200, 201);
    expect(await claims()).toBe(6);
    expect(await platform.rows('select from sink_offsets where partition = 0 and next_offset = 6')).toHaveLength(1);
    // A partition of it in which nothing was taken in goes on.
    await platform.send([
      platform.record('streamEvents', 1, 'StreamEvent', streamEvent({ ...claim, n: 150, channel: 'cyd', slot: 3 })),
    ]);
    await until('the claim of another partition', async () => (await claims()) === 7);
    expect(await held('TOPIC_REPLACED')()).toBe(true);
  });

  it('holds the partition when the topic is made anew while the sink runs', async () => {
    sink = await platform.start();
    await sendClaims(0, 6);
    await until('six claims', async () => (await claims()) === 6);
    await remakeTopic();
    await sendClaims(100, 103);
    await until('the hold', held('TOPIC_REPLACED'));
    expect(await claims()).toBe(6);
  });

  it('holds the partition when the topic ends before the position', async () => {
    sink = await platform.start();
    await sendClaims(0, 2);
    await until('two claims', async () => (await claims()) === 2);
    await sink.stop();
    await platform.rows(
      'update sink_offsets set next_offset = 50, highest_offset = 50, topic_id = null where next_offset > 0',
    );
    sink = await platform.start();
    await until('the hold', held('TOPIC_CUT'));
  });

  it('holds the partition when records that it misses are gone, until a replay accepts the loss', async () => {
    await sendClaims(0, 6);
    const topic = platform.names.streamEvents;
    await withBrokerAdmin(platform.kafka, async (admin) => {
      // The library deletes records only of topics whose leaders it knows.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] });
    });
    sink = await platform.start();
    await until('the hold', held('RECORDS_GONE'));
    expect(await claims()).toBe(0);
    await sink.stop();
    await platform.commitReplay('streamEvents', 0, 4);
    sink = await platform.start();
    await until('what is left', async () => (await claims()) === 2);
    await until('nothing is held', async () => sink?.held().length === 0);
  });
});
