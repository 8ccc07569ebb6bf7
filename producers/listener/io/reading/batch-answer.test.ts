import { describe, expect, it } from '@jest/globals';
import { batchResults } from './batch-answer.ts';

const text = (...answers: unknown[]): string => JSON.stringify(answers);

describe('the answer to a batch', () => {
  it('gives each result to its question, in whichever order they come', () => {
    expect(
      batchResults(text({ id: 12, result: 'c' }, { id: 10, result: null }, { id: 11, result: 'b' }), 10, 3),
    ).toEqual([null, 'b', 'c']);
  });

  it('leaves out what failed, what is missing and what nobody asked for', () => {
    const answers = text({ id: 10, result: 1 }, { id: 11, error: { code: -32000 } }, { id: 99, result: 2 }, null, 'x', {
      id: 9,
      result: 3,
    });
    expect(batchResults(answers, 10, 3)).toEqual([1, undefined, undefined]);
  });

  it.each([
    ['a single error', '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}'],
    ['no JSON', '<html>'],
    ['nothing but errors', text({ id: 10, error: { code: -32600 } }, { id: 11, error: { code: -32600 } })],
    ['an empty list', '[]'],
  ])('is none where it is %s', (_what, answer) => {
    expect(batchResults(answer, 10, 2)).toBeUndefined();
  });
});
