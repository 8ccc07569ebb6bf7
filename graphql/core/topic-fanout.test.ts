import { describe, expect, it } from '@jest/globals';
import { TopicFanout } from './topic-fanout.ts';

function publish<Item>(fanout: TopicFanout<Item>, item: Item): number {
  return [...fanout.publish(item)].length;
}

describe('TopicFanout', () => {
  it('hands an item to thousands in turns, to who joins meanwhile by their filter only', async () => {
    const fanout = new TopicFanout<string>();
    const many = Array.from({ length: 1000 }, () => fanout.subscribe(() => true));
    const turns = fanout.publish('root');
    turns.next();
    const late = fanout.subscribe((item) => item !== 'root');
    expect([...turns]).toHaveLength(9);
    publish(fanout, 'next');
    expect((await late.next()).value).toBe('next');
    for (const one of many) expect([(await one.next()).value, (await one.next()).value]).toEqual(['root', 'next']);
  });

  it('hands each item to every subscriber whose filter it passes, in order', async () => {
    const fanout = new TopicFanout<number>();
    const all = fanout.subscribe(() => true);
    const even = fanout.subscribe((item) => item % 2 === 0);
    for (const item of [1, 2, 3, 4]) publish(fanout, item);
    expect([await all.next(), await all.next()].map(({ value }) => value as number)).toEqual([1, 2]);
    expect([await even.next(), await even.next()].map(({ value }) => value as number)).toEqual([2, 4]);
  });

  it('wakes a subscriber that waits', async () => {
    const fanout = new TopicFanout<string>();
    const subscription = fanout.subscribe(() => true);
    const waiting = subscription.next();
    publish(fanout, 'root');
    expect(await waiting).toEqual({ done: false, value: 'root' });
  });

  it('lets a subscriber go that does not keep up, after what it was given, and keeps the others', async () => {
    const fanout = new TopicFanout<number>(2);
    const slow = fanout.subscribe(() => true);
    for (const item of [1, 2, 3]) publish(fanout, item);
    expect(fanout.subscribers).toBe(0);
    expect(slow.overflowed).toBe(true);
    expect((await slow.next()).value).toBe(1);
    expect((await slow.next()).value).toBe(2);
    expect((await slow.next()).done).toBe(true);
  });

  it('forgets a subscriber that leaves and ends all at close', async () => {
    const fanout = new TopicFanout<number>();
    const leaving = fanout.subscribe(() => true);
    const staying = fanout.subscribe(() => true);
    await leaving.return();
    expect(fanout.subscribers).toBe(1);
    const waiting = staying.next();
    fanout.close();
    expect((await waiting).done).toBe(true);
    expect(fanout.subscribers).toBe(0);
  });
});
