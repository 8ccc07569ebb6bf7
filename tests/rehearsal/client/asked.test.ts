import { expect, it } from '@jest/globals';
import { answeredShare, countIn, parseAsked, unansweredOutside } from './asked.ts';

const asked = parseAsked(
  [
    '100 101 legacy aa',
    '125 126 refused',
    '150 151 refused',
    '175 180 new aa',
    '200 201 status-503 new',
    '225 226 new aa',
    '',
  ].join('\n'),
);
const change = { name: 'over', fromMs: 110, toMs: 160 };

it('counts what nobody answered in a switch, and the longest run of it up to the next answer', () => {
  expect(countIn(asked, change)).toEqual({ name: 'over', asked: 2, refused: 2, longestMs: 50 });
  expect(countIn(asked, { name: 'calm', fromMs: 90, toMs: 110 })).toMatchObject({ asked: 1, refused: 0, longestMs: 0 });
});

it('finds what nobody answered outside of a switch, another status among it', () => {
  expect(unansweredOutside(asked, [change])).toMatchObject([{ startedMs: 200, outcome: 'failed', root: undefined }]);
  expect(unansweredOutside(asked, [change, { name: 'loss', fromMs: 190, toMs: 210 }])).toEqual([]);
});

it('tells the share that was answered, with or without stretches; of nothing it is none', () => {
  expect(answeredShare(asked)).toBe(0.5);
  expect(answeredShare(asked, [change])).toBe(0.75);
  expect(answeredShare([])).toBe(0);
});
