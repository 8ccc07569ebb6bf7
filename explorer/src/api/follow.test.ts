import { describe, expect, it } from '@jest/globals';
import { type Ending, type FeedState, follow, type Source } from './follow.ts';

type Sink = Parameters<Source<string>['subscribe']>[1];

/** A gateway that does what the test says, and a clock that stands. */
function rig(cursors: (string | Error)[] = ['0']) {
  const begun: { after: string; sink: Sink }[] = [];
  const waiting: { begin: () => void; pauseMs: number }[] = [];
  const items: string[] = [];
  const states: FeedState[] = [];
  let nowMs = 0;
  const stop = follow<string>({
    source: {
      async cursorNow() {
        const next = cursors.shift();
        if (next === undefined || next instanceof Error) throw next ?? new Error('nothing left');
        return next;
      },
      subscribe(after, sink) {
        begun.push({ after, sink });
        return () => undefined;
      },
    },
    onItem: (item) => items.push(item),
    onState: (state) => states.push(state),
    later(begin, pauseMs) {
      waiting.push({ begin, pauseMs });
      return () => waiting.splice(0);
    },
    nowMs: () => nowMs,
  });
  return {
    ...{ begun, waiting, items, states, stop },
    settle: () => new Promise<void>((resolve) => setImmediate(resolve)),
    pass(ms: number) {
      nowMs += ms;
      waiting.shift()?.begin();
    },
  };
}

const LOST: Ending = { why: 'the connection is lost', canResume: true };

describe('a followed subscription', () => {
  it('goes on after the last item that came, however often the connection is lost', async () => {
    const { begun, items, pass, settle } = rig();
    await settle();
    begun[0]?.sink.item('a', '1');
    begun[0]?.sink.item('b', '2');
    begun[0]?.sink.ended(LOST);
    pass(200);
    begun[1]?.sink.ended(LOST);
    pass(200);
    begun[2]?.sink.item('c', '3');
    expect(begun.map(({ after }) => after)).toEqual(['0', '2', '2']);
    expect(items).toEqual(['a', 'b', 'c']);
  });

  it('takes nothing of a subscription that has ended', async () => {
    const { begun, items, pass, settle } = rig();
    await settle();
    begun[0]?.sink.ended(LOST);
    begun[0]?.sink.item('late', '9');
    pass(200);
    expect(items).toEqual([]);
    expect(begun[1]?.after).toBe('0');
  });

  it('says since when nothing comes, waits longer each time, and is live again once it is open', async () => {
    const { begun, states, pass, settle, waiting } = rig();
    await settle();
    begun[0]?.sink.opened();
    begun[0]?.sink.ended(LOST);
    pass(700);
    begun[1]?.sink.ended(LOST);
    expect(states.slice(-2)).toEqual([
      { kind: 'away', sinceMs: 0, why: LOST.why },
      { kind: 'away', sinceMs: 0, why: LOST.why },
    ]);
    expect(waiting[0]?.pauseMs).toBeGreaterThan(200);
    pass(700);
    begun[2]?.sink.opened();
    expect(states.at(-1)).toEqual({ kind: 'live' });
    begun[2]?.sink.ended(LOST);
    expect(states.at(-1)).toEqual({ kind: 'away', sinceMs: 1400, why: LOST.why });
    expect(waiting[0]?.pauseMs).toBe(200);
  });

  it('asks for its place until the gateway tells, and never begins without one', async () => {
    const { begun, pass, settle, states } = rig([new Error('no answer'), '5']);
    await settle();
    expect(begun).toEqual([]);
    expect(states.at(-1)).toMatchObject({ kind: 'away', why: 'no answer' });
    pass(200);
    await settle();
    expect(begun.map(({ after }) => after)).toEqual(['5']);
  });

  it('does not begin anew by itself where the gateway refuses its cursor', async () => {
    const { begun, settle, states, waiting } = rig();
    await settle();
    begun[0]?.sink.ended({ why: 'a cursor of another number of partitions', canResume: false });
    expect(states.at(-1)).toEqual({ kind: 'refused', why: 'a cursor of another number of partitions' });
    expect(waiting).toEqual([]);
  });

  it('is over once it was ended', async () => {
    const { begun, settle, items, stop, waiting } = rig();
    await settle();
    stop();
    begun[0]?.sink.item('a', '1');
    begun[0]?.sink.ended(LOST);
    expect([items, waiting]).toEqual([[], []]);
  });
});
