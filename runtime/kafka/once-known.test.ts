import { expect, it } from '@jest/globals';
import { onceKnown } from './once-known.ts';

function failing(error: Error, times: number): { ask: () => Promise<number>; asked: () => number } {
  let asked = 0;
  return {
    ask: async () => {
      asked += 1;
      if (asked <= times) throw error;
      return await Promise.resolve(asked);
    },
    asked: () => asked,
  };
}

it.each(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION'])(
  'a broker that answers %s is asked again',
  async (type) => {
    expect(await onceKnown(failing(Object.assign(new Error(type), { type }), 2).ask)).toBe(3);
    const wrapped = new Error('gave up', { cause: Object.assign(new Error(type), { type }) });
    expect(await onceKnown(failing(wrapped, 1).ask)).toBe(2);
  },
);

it('what waiting does not mend fails at once', async () => {
  const { ask, asked } = failing(Object.assign(new Error('no'), { type: 'TOPIC_AUTHORIZATION_FAILED' }), 1);
  await expect(onceKnown(ask)).rejects.toThrow('no');
  expect(asked()).toBe(1);
});
