import { expect, it, jest } from '@jest/globals';
import { confirm, confirmWord } from './confirm.ts';

it('is never confirmed where nobody can answer, and says so', async () => {
  const before = process.stdin.isTTY;
  process.stdin.isTTY = false;
  let told = '';
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
  try {
    expect([await confirm('Go?'), await confirmWord('Swap?', 'ao')]).toEqual([false, false]);
    expect(told).toBe(
      'Go? [y/N] Not a terminal: pass --yes to go on.\nSwap? Type ao to go on: Not a terminal: pass --yes to go on.\n',
    );
    expect(process.exitCode).toBe(1);
  } finally {
    spy.mockRestore();
    process.stdin.isTTY = before;
    process.exitCode = 0;
  }
});
