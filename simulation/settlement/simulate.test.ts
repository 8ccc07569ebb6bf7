import { describe, expect, it } from '@jest/globals';
import { simulateSeed } from './simulate.ts';

describe('the sending simulation', () => {
  it('settles every root exactly once under lost answers, lost sends, lagging nodes, forks and crashes', async () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= 500; seed += 1) {
      wrong.push(...(await simulateSeed(seed)).wrong.map((text) => `seed ${seed}: ${text}`));
    }
    expect(wrong).toEqual([]);
  });
});
