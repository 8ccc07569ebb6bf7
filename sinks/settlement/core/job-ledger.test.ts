import { describe, expect, it } from '@jest/globals';
import { JobLedger } from './job-ledger.ts';
import { Lane } from './lane.ts';
import type { RootToSettle } from './root-job.ts';

const ROOT: RootToSettle = {
  ...{
    partition: 0,
    offset: 4n,
    nextOffset: 5n,
    channel: 'lacy',
    epoch: 9n,
    root: 'ab'.repeat(32),
    recordedAtMs: 0,
    count: 3,
  },
  ...{ startSlot: 90, endSlot: 99 },
};

describe('JobLedger', () => {
  it('tells a row that another owner of the partition has kept out from one that stands', async () => {
    const lane = new Lane({ partition: 0, generation: 1, isGivenUp: () => false });
    const at = lane.enqueue(ROOT, 0)?.placed;
    if (at === undefined) throw new Error('not taken');
    const answers = [undefined, [7n]];
    const ledger = new JobLedger(
      {
        ledger: { append: async () => answers.shift() },
        offsets: { owns: () => true, commit: async () => undefined },
        now: () => 0,
      },
      'worker',
    );
    const row = [{ at, content: { status: 'FINALIZED', slot: 5 } as const }];
    await expect(ledger.write(row)).resolves.toEqual([undefined]);
    expect(lane.published.outcomeOf(ROOT)).toBeUndefined();
    await expect(ledger.write(row)).resolves.toEqual([7n]);
    expect(lane.published.outcomeOf(ROOT)).toBe('onChain');
  });
});
