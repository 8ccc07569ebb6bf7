import { expect, it } from '@jest/globals';
import { toldWrongly } from './told-items.ts';

it.each([
  ['nothing wrong', [1, 2, 3], 3, { lost: 0, repeated: 0, outOfOrder: 0 }],
  ['one lost in the middle, one at the end', [1, 3], 4, { lost: 2, repeated: 0, outOfOrder: 0 }],
  ['one told twice', [1, 2, 2, 3], 3, { lost: 0, repeated: 1, outOfOrder: 0 }],
  ['all told again from the beginning', [1, 2, 1, 2], 2, { lost: 0, repeated: 2, outOfOrder: 0 }],
  ['one told too late', [2, 1, 3], 3, { lost: 0, repeated: 0, outOfOrder: 1 }],
  ['nothing told', [], 2, { lost: 2, repeated: 0, outOfOrder: 0 }],
])('finds %s', (_what, told, stored, wanted) => {
  expect(toldWrongly(told, stored)).toEqual(wanted);
});
