/**
 * `npm run rolling -- [--rounds N] [--json]`: a rolling upgrade of every role of a whole `npm start` under traffic: another process becomes ready,
 * the old one is asked to end (SIGTERM) and comes back, the other one ends; of gateways two serve, and a client asks them all the time. Status 0
 * only if every claim of the chain is in exactly one root, every root on chain once, the rows are those of the chain, every question was
 * answered, and every process ended in order. With --json the last line of stdout is the result, lists as their numbers. Linux.
 */

import { parseArgs } from 'node:util';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { rolling } from './rolling.ts';

try {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(
      'npm run rolling -- [--rounds N] [--json]\n\nReplaces every role of a running platform under traffic, N times, and judges.\n\nExample: npm run rolling -- --rounds 3 --json\n',
    );
  } else {
    const rounds = Number(values.rounds);
    if (!Number.isSafeInteger(rounds) || rounds < 1)
      throw new AppError('OPTION_INVALID', `--rounds must be a whole number from 1 up, not ${values.rounds}.`);
    const { lost, doubled, changed, unserved, disorderly, ...figures } = await rolling({
      rounds,
      log: (line) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`),
    });
    const lists = Object.entries({ lost, doubled, changed, unserved, disorderly });
    for (const [name, list] of lists) for (const line of list) process.stderr.write(`${name}: ${line}\n`);
    const numbers = Object.fromEntries(lists.map(([name, list]) => [name, list.length]));
    process.stdout.write(`${JSON.stringify({ ...figures, ...numbers }, undefined, values.json ? 0 : 2)}\n`);
    process.exitCode = lists.every(([, list]) => list.length === 0) ? 0 : 1;
  }
} catch (error) {
  process.stderr.write(`rolling: ${messageOf(error)}\n`);
  process.exitCode = 2;
}
