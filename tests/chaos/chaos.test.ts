import { describe, expect, it } from '@jest/globals';
import { chaos } from './chaos.ts';

describe('a whole npm start under traffic', () => {
  it('loses, doubles and changes nothing when ten of its processes are killed or frozen, and starts each again', async () => {
    const lines: string[] = [];
    const result = await chaos({ seed: 1, kills: 10, log: (line) => void lines.push(line) });
    expect(result).toMatchObject({ kills: 10, lost: [], doubled: [], changed: [] });
    expect(result.restarts).toBeGreaterThanOrEqual(result.kills - result.frozen);
    expect(result.frozen).toBeGreaterThan(0);
    expect(result.roots).toBeGreaterThan(0);
    expect(result.claims).toBeGreaterThan(0);
    process.stderr.write(`${JSON.stringify(result)}\n`);
  });
});
