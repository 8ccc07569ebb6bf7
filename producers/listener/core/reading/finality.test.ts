import { describe, expect, it } from '@jest/globals';
import type { EndpointConsensus } from '../ports.ts';
import { FinalityWatch, finalityOf } from './finality.ts';

const certified: EndpointConsensus = { endpoint: 'a', alpenglow: true, confirmedIsFinal: true };
const tower: EndpointConsensus = { endpoint: 'b', alpenglow: false, confirmedIsFinal: false };
const old: EndpointConsensus = { endpoint: 'c', alpenglow: undefined, confirmedIsFinal: true };

describe('what the commitments of a cluster mean', () => {
  it.each([
    ['a certificate', [certified], true],
    ['a certificate, and a node too old to know', [certified, old], true],
    ['no certificate', [tower], false],
    ['endpoints that do not agree', [certified, tower], false],
    ['only nodes too old to know', [old], false],
    ['a certificate, and confirmed blocks that are not final', [certified, { ...old, confirmedIsFinal: false }], false],
    ['no answer', [], false],
  ])('%s', (_what, answers, oneStep) => {
    expect(finalityOf(answers).oneStep).toBe(oneStep);
  });
});

describe('watching it', () => {
  function watched(answers: (readonly EndpointConsensus[] | Error)[]) {
    let nowMs = 0;
    const changes: boolean[] = [];
    let asked = 0;
    const watch = new FinalityWatch({
      chain: {
        consensus: async () => {
          const answer = answers[Math.min(asked, answers.length - 1)];
          asked += 1;
          if (answer instanceof Error) throw answer;
          return answer ?? [];
        },
      },
      clock: { nowMs: () => nowMs },
      onChange: ({ oneStep }) => changes.push(oneStep),
    });
    const look = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) {
        await watch.look();
        nowMs += 10_000;
      }
    };
    return { watch, look, changes, asked: () => asked };
  }

  it('believes the first finding, and a change only when it is found twice', async () => {
    const { watch, look, changes } = watched([[tower], [certified], [tower], [certified], [certified]]);
    await look(4);
    expect(changes).toEqual([false]);
    await look(1);
    expect(changes).toEqual([false, true]);
    expect(watch.oneStep).toBe(true);
  });

  it('changes nothing without an answer, and begins with two steps', async () => {
    const { watch, look, changes } = watched([new Error('away'), [certified], [certified], new Error('away')]);
    await look(1);
    expect(watch.oneStep).toBe(false);
    await look(5);
    expect(watch.oneStep).toBe(true);
    expect(changes).toEqual([false, true]);
  });

  it('asks at most every ten seconds', async () => {
    const { watch, asked } = watched([[certified]]);
    await watch.look();
    await watch.look();
    expect(asked()).toBe(1);
  });
});
