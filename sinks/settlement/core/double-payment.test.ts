/** Claims that stand on chain under one epoch must never be published under another. */

import { describe, expect, it } from '@jest/globals';
import { PUBLISHER, seededRandom } from '../../../simulation/settlement/simulated-chain.ts';
import { rootHex, SimulatedWorld } from '../../../simulation/settlement/simulated-world.ts';
import { type ClaimsEvidence, type ClaimsVerdict, judgeClaims } from './double-payment.ts';
import type { ChannelHistory, Publication, RingSlotView } from './ports.ts';
import { PublishedRoots } from './published-roots.ts';
import type { RootToSettle } from './root-job.ts';

const HOUR_MS = 3_600_000;
const OTHER = 'ee'.repeat(32);
const ROOT: RootToSettle = {
  ...{ partition: 0, offset: 9n, nextOffset: 10n, channel: 'lacy', epoch: 31n, root: 'ab'.repeat(32) },
  ...{ startSlot: 500, endSlot: 599, recordedAtMs: 0, count: 3 },
};
/** A publication of somebody else, after the root's first slot. */
const FOREIGN: Publication = { epoch: 9n, root: OTHER, slot: 520, signer: 'somebody', createsAccount: false };

function ringOf(...slots: readonly { epoch: bigint; root?: string }[]): RingSlotView[] {
  const ring = Array.from({ length: 10 }, () => ({ epoch: 0n, root: '0'.repeat(64) }));
  for (const { epoch, root } of slots) ring[Number(epoch % 10n)] = { epoch, root: root ?? OTHER };
  return ring;
}

function historyOf(...publications: Publication[]): ChannelHistory {
  return { publications, sinceSlot: ROOT.startSlot, complete: 'since' };
}

/** One root of ours on chain: epoch 12 over these slots, landed in that slot. */
function publishedWith(slots: readonly [number, number], landedSlot: number | null = 480): PublishedRoots {
  const published = new PublishedRoots();
  const root = { channel: 'lacy', epoch: 12n, root: OTHER };
  published.note({ ...root, status: 'FINALIZED', slot: landedSlot });
  published.noteSlots(root, { startSlot: slots[0], endSlot: slots[1] });
  return published;
}

function judge(evidence: Partial<ClaimsEvidence>): string {
  const verdict: ClaimsVerdict = judgeClaims(ROOT, {
    ...{ published: new PublishedRoots(), ring: undefined, history: undefined, payer: PUBLISHER },
    ...evidence,
  });
  return verdict.kind === 'hold' ? verdict.reason.code : verdict.kind;
}

describe('judgeClaims', () => {
  it.each([
    [[400, 499], 'free'],
    [[600, 699], 'free'],
    [[400, 500], 'CLAIMS_ON_CHAIN'],
    [[599, 650], 'CLAIMS_ON_CHAIN'],
    [[540, 560], 'CLAIMS_ON_CHAIN'],
    [[0, 10_000], 'CLAIMS_ON_CHAIN'],
  ] as const)('compares the slots with those of our roots on chain (%j: %s)', (slots, expected) => {
    expect(judge({ published: publishedWith(slots), ring: ringOf({ epoch: 12n }) })).toBe(expected);
  });

  it('does not take roots of the same epoch, or of other channels, for a second publication', () => {
    const published = publishedWith([0, 10]);
    const same = { channel: 'lacy', epoch: 31n, root: OTHER };
    published.note({ ...same, status: 'ALREADY_SETTLED', slot: null });
    published.noteSlots(same, ROOT);
    published.note({ ...same, channel: 'other', epoch: 4n, status: 'FINALIZED', slot: 1 });
    published.noteSlots({ ...same, channel: 'other', epoch: 4n }, ROOT);
    expect(judge({ published })).toBe('free');
  });

  it('takes the same bytes for a second publication where the record of ours is gone', () => {
    const published = new PublishedRoots();
    published.note({ channel: 'lacy', epoch: 12n, root: ROOT.root, status: 'FINALIZED', slot: 1 });
    expect(judge({ published })).toBe('CLAIMS_ON_CHAIN');
  });

  it('takes equal bytes over other slots for what they are: the same fans claiming the same again', () => {
    const published = new PublishedRoots();
    const former = { channel: 'lacy', epoch: 30n, root: ROOT.root };
    published.note({ ...former, status: 'FINALIZED', slot: 450 });
    published.noteSlots(former, { startSlot: 400, endSlot: 499 });
    expect(judge({ published, ring: ringOf({ epoch: 30n, root: ROOT.root }) })).toBe('free');
  });

  it.each([
    ['the ring is empty', ringOf(), 480, 'free'],
    ['the channel has no account', undefined, 480, 'free'],
    ['all of the ring is ours and some of it older than the root', ringOf({ epoch: 12n }), 480, 'free'],
    ['all of the ring was published after the first event', ringOf({ epoch: 12n }), 500, 'askHistory'],
    ['it is not known when the ring was published', ringOf({ epoch: 12n }), null, 'askHistory'],
    ['somebody else has a root in the ring', ringOf({ epoch: 12n }, { epoch: 9n }), 480, 'askHistory'],
  ] as const)('where %s', (_what, ring, landedSlot, expected) => {
    expect(judge({ published: publishedWith([0, 10], landedSlot), ring })).toBe(expected);
  });

  it.each([
    ['nothing', [], 'free'],
    ['an older one', [{ ...FOREIGN, root: ROOT.root, slot: 500 }], 'free'],
    ["somebody else's with other bytes", [FOREIGN], 'free'],
    ['one with the same bytes', [{ ...FOREIGN, root: ROOT.root }], 'CLAIMS_ON_CHAIN'],
    ['the first of the channel, before any claim', [{ ...FOREIGN, root: ROOT.root, createsAccount: true }], 'free'],
    ['one of our own key that this ledger does not know', [{ ...FOREIGN, signer: PUBLISHER }], 'CLAIMS_MAYBE_ON_CHAIN'],
    ['one of our own key that this ledger knows', [{ ...FOREIGN, signer: PUBLISHER, epoch: 12n }], 'free'],
    ['this very epoch', [{ ...FOREIGN, signer: PUBLISHER, epoch: 31n }], 'free'],
  ])('judges a history with %s', (_what, publications, expected) => {
    const evidence = { published: publishedWith([0, 10]), ring: ringOf({ epoch: 12n }) };
    expect(judge({ ...evidence, history: historyOf(...publications) })).toBe(expected);
  });

  it.each([
    ['since', OTHER, 'free'],
    ['whole', OTHER, 'free'],
    ['no', OTHER, 'CHANNEL_HISTORY_INCOMPLETE'],
    ['whole', ROOT.root, 'CLAIMS_ON_CHAIN'],
    ['no', ROOT.root, 'CLAIMS_ON_CHAIN'],
  ] as const)('judges a ring that the history does not tell of (%s)', (complete, root, expected) => {
    expect(judge({ ring: ringOf({ epoch: 9n, root }), history: { ...historyOf(), complete } })).toBe(expected);
  });
});

describe('all history read again under another namespace and base', () => {
  /** Epochs 1 to 3 of a channel settled by one ledger; then the same slots under epochs 41 to 43, with an empty ledger. */
  async function secondNamespace(bytesOf: (epoch: bigint) => string): Promise<SimulatedWorld> {
    const world = new SimulatedWorld(seededRandom(3));
    world.clock.nowMs = 100 * HOUR_MS;
    world.chain.landForeign('lacy', 100n, 'dd'.repeat(32), 'allocation');
    world.clock.nowMs += HOUR_MS;
    const start = world.clock.nowMs / 400;
    for (let epoch = 1n; epoch <= 3n; epoch += 1n) {
      world.addRoot('lacy', 100n + epoch, rootHex('lacy', epoch), start + Number(epoch) * 10);
    }
    world.clock.nowMs += HOUR_MS;
    await world.run([world.startWorker()]);
    world.topic.splice(0);
    world.ledger.splice(0);
    world.committed = { offset: 0n, metadata: '' };
    for (let epoch = 1n; epoch <= 3n; epoch += 1n) {
      world.addRoot('lacy', 140n + epoch, bytesOf(epoch), start + Number(epoch) * 10);
    }
    return world;
  }

  it.each([
    ['the same leaves', (epoch: bigint) => rootHex('lacy', epoch), 'CLAIMS_ON_CHAIN'],
    ['leaves that name the epoch', (epoch: bigint) => rootHex('lacy', 700n + epoch), 'CLAIMS_MAYBE_ON_CHAIN'],
  ])('publishes nothing a second time (%s), whatever the ring still holds', async (_what, bytesOf, code) => {
    const world = await secondNamespace(bytesOf);
    const landed = world.chain.landed.length;
    await world.runFor(world.startWorker(), HOUR_MS);
    expect(world.chain.landed).toHaveLength(landed);
    expect(world.ledger.map(({ record }) => record.reason?.split(':')[0])).toEqual([
      code,
      'WAITING_BEHIND',
      'WAITING_BEHIND',
    ]);
    await world.run([world.startWorker({ giveUp: new Map([['*', 143n]]) })], undefined, HOUR_MS);
    expect(world.chain.landed).toHaveLength(landed);
    expect(world.allCommitted).toBe(true);
  });

  it('goes on with what happened after the last publication of the former ledger', async () => {
    const world = await secondNamespace((epoch) => rootHex('lacy', epoch));
    const after = world.clock.nowMs / 400 + 1;
    world.addRoot('lacy', 144n, rootHex('lacy', 144n), after);
    world.clock.nowMs += HOUR_MS;
    await world.run([world.startWorker({ giveUp: new Map([['*', 143n]]) })], undefined, HOUR_MS);
    expect(world.chain.publications('lacy', 144n)).toHaveLength(1);
  });
});
