/** Questions on the terminal. Without a terminal the answer is no. */

import { createInterface } from 'node:readline/promises';

export async function confirm(question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await answerTo(`${question} [y/N] `)) ?? '');
}

/** For what is more than a yes: the word itself must be typed. */
export async function confirmWord(question: string, word: string): Promise<boolean> {
  return (await answerTo(`${question} Type ${word} to go on: `)) === word;
}

async function answerTo(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) {
    process.stderr.write(`${question.trim()} Not a terminal: pass --yes to go on.\n`);
    process.exitCode = 1;
    return undefined;
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(question)).trim();
  } finally {
    lines.close();
  }
}
