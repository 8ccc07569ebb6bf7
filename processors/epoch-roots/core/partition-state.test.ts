import { describe, expect, it } from '@jest/globals';
import { sortCanonically } from '../../../domain/counted-claim.ts';
import { addressOf, type ClaimSeed, claimEvent, event, mark, RULES } from '../testing/records.ts';
import { type Input, type Output, PartitionState } from './partition-state.ts';
import { Progress } from './progress.ts';
import type { Rules } from './rules.ts';

function outputsOf(inputs: readonly Input[], rules: Rules = RULES): readonly Output[] {
  const state = new PartitionState(rules, 3, { offset: 0, progress: Progress.start });
  return inputs.flatMap((input, offset) => state.apply(offset, input));
}

/** What came out, short: roots as channel, epoch and count; late claims as their slot. */
function brief(inputs: readonly Input[], rules?: Rules): string[] {
  return outputsOf(inputs, rules).map((output) => {
    if (output.kind === 'root') return `${output.root.channel} ${output.root.epoch} ${output.root.count}`;
    return output.kind === 'late' ? `late ${output.slot} at ${output.offset}` : `closed ${output.epoch}`;
  });
}

/** Proves and finalises everything up to slot 40. */
const proof = mark({ from: 0, to: 40 });
const one = ['stream-1 0 1'];

describe('who vouches for an event', () => {
  it('counts an event at finalized, whoever wrote it', () => {
    expect(brief([event({ tx: 1, slot: 5, source: 'b', kind: 'finalized' }), proof])).toEqual(one);
  });

  it('counts a confirmed event when a later watermark of its own source contains its slot', () => {
    expect(brief([event({ tx: 1, slot: 5 }), proof])).toEqual(one);
  });

  it('counts a confirmed event by the watermark that reaches its slot, after those that did not', () => {
    const inputs = [event({ tx: 1, slot: 15 }), mark({ from: 0, to: 12, time: 0 }), mark({ from: 13, to: 40 })];
    expect(brief(inputs)).toEqual(['stream-1 1 1']);
  });

  it("does not count a confirmed event for another source's watermark", () => {
    expect(brief([event({ tx: 1, slot: 5, source: 'b' }), proof])).toEqual([]);
  });

  it('does not count a confirmed event whose source retracted it before its watermark', () => {
    expect(brief([event({ tx: 1, slot: 5 }), event({ tx: 1, slot: 5, kind: 'retracted' }), proof])).toEqual([]);
  });

  it("does not let one source retract another's event", () => {
    expect(
      brief([event({ tx: 1, slot: 5 }), event({ tx: 1, slot: 5, source: 'b', kind: 'retracted' }), proof]),
    ).toEqual(one);
  });

  it('does not count a confirmed event that its source wrote after the watermark over its slot', () => {
    const inputs = [mark({ from: 0, to: 6, time: 0 }), event({ tx: 1, slot: 5 }), mark({ from: 7, to: 40 })];
    expect(brief(inputs)).toEqual([]);
  });

  it('does not take back what is final', () => {
    const vouched = [event({ tx: 1, slot: 5 }), mark({ from: 0, to: 5, time: 0 })];
    expect(brief([...vouched, event({ tx: 1, slot: 5, kind: 'retracted' }), mark({ from: 6, to: 40 })])).toEqual(one);
  });

  it('takes slot and content of the finalized record for an event that landed again elsewhere', () => {
    const moved = [event({ tx: 1, slot: 8 }), event({ tx: 1, slot: 12, source: 'b', kind: 'finalized' }), proof];
    expect(brief(moved)).toEqual(['stream-1 1 1']);
  });

  it('counts an event that its source retracted in one slot and saw again in another', () => {
    const inputs = [
      event({ tx: 1, slot: 5 }),
      event({ tx: 1, slot: 5, kind: 'retracted' }),
      event({ tx: 1, slot: 12 }),
      proof,
    ];
    expect(brief(inputs)).toEqual(['stream-1 1 1']);
  });

  it('counts nothing for an event that was seen to succeed and is finalised as failed', () => {
    const failed = event({ tx: 1, slot: 6, succeeded: false, kind: 'finalized' });
    expect(brief([event({ tx: 1, slot: 5 }), failed, proof])).toEqual([]);
    expect(brief([failed, event({ tx: 1, slot: 5 }), proof])).toEqual([]);
  });

  it('has the content of the source that vouches, in every order of arrival', () => {
    const withAmount = (seed: ClaimSeed, amount: bigint): Input => {
      const value = claimEvent(seed);
      value.instruction.data.amount = amount;
      return { name: 'StreamEvent', value };
    };
    const onFork = withAmount({ tx: 1, slot: 5 }, 5n);
    const takenBack = withAmount({ tx: 1, slot: 5, kind: 'retracted' }, 5n);
    const vouched = withAmount({ tx: 1, slot: 6, source: 'b' }, 7n);
    const proofOfB = mark({ from: 0, to: 40, source: 'b' });
    const rootOf = (inputs: readonly Input[]): unknown =>
      outputsOf([...inputs, proofOfB]).flatMap((output) => (output.kind === 'root' ? [output.root.root] : []));
    const truth = rootOf([vouched]);
    expect(truth).toHaveLength(1);
    expect(rootOf([withAmount({ tx: 1, slot: 6, source: 'b' }, 5n)])).not.toEqual(truth);
    for (const log of [
      [onFork, vouched, takenBack],
      [onFork, takenBack, vouched],
      [vouched, onFork, takenBack],
    ])
      expect(rootOf(log)).toEqual(truth);
    expect(rootOf([onFork, vouched])).toEqual(truth);
  });

  it('counts an event that is final in a sealed epoch in no other epoch', () => {
    const moved = [event({ tx: 1, slot: 45 }), event({ tx: 1, slot: 5, kind: 'finalized' })];
    const later = mark({ from: 41, to: 80 });
    expect(brief([proof, ...moved, later])).toEqual(['late 5 at 2']);
    expect(brief([proof, moved[1] as Input, moved[0] as Input, later])).toEqual(['late 5 at 1']);
    expect(brief([proof, event({ tx: 1, slot: 45 }), event({ tx: 1, slot: 5 }), later])).toEqual(['late 5 at 2']);
  });

  it('counts no failed instruction, no other action and no other mint', () => {
    const rules: Rules = { ...RULES, protocolState: addressOf(9) };
    const inputs = [
      event({ tx: 1, slot: 1, succeeded: false, kind: 'finalized' }),
      event({ tx: 2, slot: 2, action: 'finalize', kind: 'finalized' }),
      event({ tx: 3, slot: 3, protocolState: addressOf(8), kind: 'finalized' }),
      event({ tx: 5, slot: 5, kind: 'finalized' }),
      proof,
    ];
    expect(brief(inputs, rules)).toEqual(one);
  });

  it('counts two instructions of one transaction, and each of them once', () => {
    const inputs = [
      event({ tx: 1, slot: 5, kind: 'finalized' }),
      event({ tx: 1, slot: 5, path: '0.3', kind: 'finalized' }),
      event({ tx: 1, slot: 5, kind: 'finalized', source: 'b' }),
      event({ tx: 1, slot: 5 }),
      proof,
    ];
    expect(brief(inputs)).toEqual(['stream-1 0 2']);
  });
});

describe('when an epoch is finalised', () => {
  const claim = event({ tx: 1, slot: 15, kind: 'finalized' });

  it('waits until the whole epoch is proven, by whichever sources', () => {
    const gap = [claim, mark({ from: 0, to: 12 }), mark({ from: 14, to: 40 })];
    expect(brief(gap)).toEqual([]);
    expect(brief([...gap, mark({ from: 13, to: 13, source: 'b' })])).toEqual(['stream-1 1 1']);
  });

  it('waits until stream time is past the threshold', () => {
    // Epoch 1 ends at slot 19, at 7 s; the threshold is 2 s.
    const early = [claim, mark({ from: 0, to: 19, time: 7 }), mark({ from: 20, to: 24, time: 8 })];
    expect(brief(early)).toEqual([]);
    expect(brief([...early, mark({ from: 25, to: 26, time: 9 })])).toEqual(['stream-1 1 1']);
  });

  it('emits epochs ascending, channels ascending within them', () => {
    const claims = [22, 11, 2, 1].map((tx) => event({ tx, slot: tx, kind: 'finalized', channel: `c${tx % 3}` }));
    expect(brief([...claims, event({ tx: 12, slot: 3, kind: 'finalized', channel: 'c0' }), proof])).toEqual([
      'c0 0 1',
      'c1 0 1',
      'c2 0 1',
      'c2 1 1',
      'c1 2 1',
    ]);
  });

  it('says in the root which watermark finalised it, from the record alone, with the base added', () => {
    const rules: Rules = { ...RULES, schedule: { durationSlots: 10, base: 500n } };
    expect(outputsOf([claim, mark({ from: 0, to: 40, time: 1_700_000_000 })], rules)).toMatchObject([
      {
        kind: 'root',
        root: {
          channel: 'stream-1',
          epoch: 501n,
          root: expect.stringMatching(/^[0-9a-f]{64}$/),
          count: 1,
          recipe: 'claim-v0',
          oddNode: 'duplicate',
          startSlot: 10,
          endSlot: 19,
          finalizedSlot: 40,
          finalizedAt: 1_700_000_000_000,
          sourcePartition: 3,
          sourceOffset: 1,
        },
        eventIds: [claim.name === 'StreamEvent' ? claim.value.eventId : ''],
      },
    ]);
  });

  it('names the claims of a root in canonical order, the first 128 at most, channels ascending', () => {
    const claims = Array.from({ length: 130 }, (_, at) =>
      event({ tx: 200 - at, slot: 11, channel: 'b', kind: 'finalized' }),
    );
    const other = event({ tx: 1, slot: 12, channel: 'a', kind: 'finalized' });
    const roots = outputsOf([...claims, other, mark({ from: 0, to: 40 })]).flatMap((output) =>
      output.kind === 'root' ? [output] : [],
    );
    expect(roots.map(({ root }) => [root.channel, root.count])).toEqual([
      ['a', 1],
      ['b', 130],
    ]);
    const [, { eventIds } = { eventIds: [] }] = roots;
    expect(eventIds).toHaveLength(128);
    const ids = claims.flatMap(({ name, value }) => (name === 'StreamEvent' ? [value] : []));
    expect(eventIds).toEqual(
      sortCanonically(ids)
        .map(({ eventId }) => eventId)
        .slice(0, 128),
    );
  });

  it('puts the channel and the epoch into the leaves that hold them', () => {
    const rules: Rules = { ...RULES, recipe: 'participation' };
    const rootOf = (channel: string, slot: number): unknown =>
      outputsOf([event({ tx: 1, slot, channel, kind: 'finalized' }), mark({ from: 0, to: 40 })], rules).map((output) =>
        output.kind === 'root' ? output.root.root : output.kind,
      )[0];
    expect(new Set([rootOf('a', 5), rootOf('b', 5), rootOf('a', 15)]).size).toBe(3);
  });

  it('says what is open: claims of epochs without a root, and how far the watermarks are', () => {
    const state = new PartitionState(RULES, 3, { offset: 0, progress: Progress.start });
    const seen = (): unknown[] => [state.openClaims, state.openEpochs, state.size, state.watermarkSlot];
    expect(seen()).toEqual([0, 0, 0, undefined]);
    const inputs = [event({ tx: 1, slot: 5 }), event({ tx: 2, slot: 6 }), event({ tx: 3, slot: 45 }), proof];
    const after = inputs.map((input, offset) => {
      state.apply(offset, input);
      return seen();
    });
    expect(after).toEqual([
      [1, 1, 1, undefined],
      [2, 1, 2, undefined],
      [3, 2, 3, undefined],
      [1, 1, 3, 40],
    ]);
  });

  it('refuses a watermark without a range with what finds it', () => {
    expect(() => outputsOf([mark({ from: 5, to: 4, source: 'b' })])).toThrow(
      expect.objectContaining({ code: 'WATERMARK_INVALID', context: { source: 'b', fromSlot: 5, slot: 4 } }),
    );
    const odd = event({ tx: 1, slot: 1 });
    if (odd.name === 'StreamEvent') odd.value.instruction.data.claimer = 'abc';
    const { eventId, source } = odd.value as { eventId: string; source: string };
    expect(() => outputsOf([odd])).toThrow(
      expect.objectContaining({ code: 'CLAIM_INVALID', context: { eventId, slot: 1, source } }),
    );
  });

  it('refuses a watermark without a range and a claim that could not stand in a tree', () => {
    expect(() => outputsOf([mark({ from: 5, to: 4 })])).toThrow(/proves no range/);
    const odd = event({ tx: 1, slot: 1 });
    if (odd.name === 'StreamEvent') odd.value.instruction.data.claimer = 'abc';
    expect(() => outputsOf([odd])).toThrow(/claimer is not a base58 address/);
  });
});

describe('what is remembered', () => {
  const rules: Rules = { ...RULES, dedupRecords: 1 };
  const remembered = (...inputs: Input[]): { size: number; text: string } => {
    const state = new PartitionState(rules, 3, { offset: 0, progress: Progress.start });
    for (const [offset, input] of inputs.entries()) state.apply(offset, input);
    return { size: state.size, text: [...state.lines()].join('\n') };
  };
  const later = [mark({ from: 41, to: 42 }), mark({ from: 43, to: 44 })];
  const idOf = (input: Input): string => (input.name === 'StreamEvent' ? input.value.eventId : '');

  it('are events of sealed epochs, and late ones, for so many records, and not longer', () => {
    for (const [claim, inputs] of [
      [event({ tx: 1, slot: 5 }), (one: Input) => [one, proof]],
      [event({ tx: 3, slot: 6 }), (one: Input) => [proof, one, mark({ from: 41, to: 41 })]],
    ] as const) {
      const now = inputs(claim);
      expect(remembered(...now)).toMatchObject({ size: 1, text: expect.stringContaining(idOf(claim)) });
      const then = remembered(...now, ...later);
      expect(then.size).toBe(0);
      expect(then.text).not.toContain(idOf(claim));
    }
  });

  it("wait for their source's word, until it has come, or they are taken back", () => {
    const claim = event({ tx: 1, slot: 5 });
    const waiting = JSON.stringify(['waiting', 'a', [idOf(claim)]]);
    expect(remembered(claim).text).toContain(waiting);
    expect(remembered(claim, mark({ from: 6, to: 7, time: 0 })).text).toContain(waiting);
    expect(remembered(claim, mark({ from: 0, to: 7, time: 0 })).text).not.toContain('waiting');
    const takenBack = event({ tx: 1, slot: 5, kind: 'retracted' });
    expect(remembered(claim, takenBack, mark({ from: 0, to: 7, time: 0 })).text).not.toContain('waiting');
    expect(remembered(event({ tx: 1, slot: 5, source: 'b' }), proof, ...later).text).not.toContain('waiting');
    expect(remembered(claim, claim, event({ tx: 1, slot: 5, kind: 'finalized' })).text.match(/waiting/g)).toHaveLength(
      1,
    );
  });
});

describe('a replay', () => {
  const other = event({ tx: 9, slot: 5, action: 'other' });
  const claim = event({ tx: 1, slot: 50 });
  const low = (to: number): Input => mark({ from: 0, to, time: 0 });

  it.each<[string, Input[], number]>([
    ['at the position where nothing is remembered', [low(1), other, low(2)], 3],
    ['at the oldest record that is needed, behind the last watermark', [low(1), other, claim], 2],
    ['at the watermark before it, where others came since', [low(1), other, claim, low(2)], 1],
    ['at the newest of several watermarks before it', [low(1), low(2), low(3), claim, low(4), low(5)], 3],
    ['at the first record where that is needed', [claim, low(1), low(2)], 0],
  ])('begins %s', (_what, inputs, offset) => {
    const state = new PartitionState(RULES, 3, { offset: 0, progress: Progress.start });
    for (const [at, input] of inputs.entries()) state.apply(at, input);
    expect(state.checkpoint()).toMatchObject({ offset, position: inputs.length });
    // Again: what was let go of is not needed.
    expect(state.checkpoint().offset).toBe(offset);
  });
});

describe('what comes after the root', () => {
  const claim = event({ tx: 1, slot: 5, kind: 'finalized' });

  it('is silent about a duplicate', () => {
    expect(brief([claim, proof, claim, event({ tx: 1, slot: 5, source: 'b' })])).toEqual(one);
  });

  it('tells of a claim that is no duplicate, in an epoch with a root and in one without', () => {
    const late = [event({ tx: 3, slot: 6 }), event({ tx: 5, slot: 15, kind: 'finalized' })];
    expect(brief([claim, proof, ...late])).toEqual([...one, 'late 6 at 2', 'late 15 at 3']);
  });

  it('tells of a late claim once for each slot that it is seen in, however often it comes', () => {
    const seen = [event({ tx: 3, slot: 6 }), event({ tx: 3, slot: 6, source: 'b' }), event({ tx: 3, slot: 7 })];
    const final = event({ tx: 3, slot: 7, kind: 'finalized' });
    expect(brief([proof, ...seen, final, final])).toEqual(['late 6 at 1', 'late 7 at 3']);
  });

  it('tells of a claim that its source proves only after others had the epoch finalised', () => {
    const inputs = [claim, event({ tx: 3, slot: 6, source: 'b' }), proof, mark({ from: 0, to: 40, source: 'b' })];
    expect(brief(inputs)).toEqual([...one, 'late 6 at 1']);
  });

  it('forgets duplicates after the configured number of records', () => {
    const rules: Rules = { ...RULES, dedupRecords: 1 };
    const more = [mark({ from: 41, to: 42 }), mark({ from: 43, to: 44 })];
    expect(brief([claim, proof, ...more, claim], rules)).toEqual([...one, 'late 5 at 4']);
  });

  it('closes an epoch unproven, with its claims counted, when the proofs have too many gaps to be kept', () => {
    const marks = Array.from({ length: 65 }, (_, i) => mark({ from: 1000 + i * 20, to: 1005 + i * 20 }));
    const elsewhere = [event({ tx: 2, slot: 1004, source: 'silent' }), event({ tx: 4, slot: 1003, succeeded: false })];
    const state = [event({ tx: 1, slot: 1003 }), ...elsewhere, ...marks];
    expect(outputsOf(state)).toEqual([{ kind: 'closed', epoch: 100n, claims: 1 }]);
  });
});
