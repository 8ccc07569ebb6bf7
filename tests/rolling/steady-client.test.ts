import { describe, expect, it } from '@jest/globals';
import { until } from '../testing/until.ts';
import { SteadyClient } from './steady-client.ts';

describe('a client of several gateways', () => {
  it('is served while one replica answers, and says when none does and why', async () => {
    const away = new Set(['b']);
    const asked: string[] = [];
    const client = new SteadyClient(
      ['a', 'b'],
      async (url) => {
        asked.push(url);
        if (away.has(url)) throw new Error('refused');
      },
      0,
    );
    const more = async (): Promise<void> => {
      const before = asked.length;
      await until('it has asked on', () => asked.length > before + 8);
    };
    await more();
    client.remove('b');
    client.add('c');
    await more();
    away.add('a').add('c');
    await more();
    const { asked: count, answeredByAnother, unserved } = await client.stop();
    expect(answeredByAnother).toBeGreaterThan(0);
    expect(answeredByAnother).toBeLessThan(count);
    expect(unserved.length).toBeGreaterThan(0);
    expect(unserved[0]).toMatch(/[ac]: refused; [ac]: refused$/);
    expect(asked.lastIndexOf('b')).toBeLessThan(asked.indexOf('c'));
  });
});
