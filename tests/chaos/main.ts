/**
 * `npm run chaos -- [--kills N] [--seed S] [--json]`: kill -9, and SIGSTOP for longer than a session, of any role, Kafka, the schema registry
 * and PostgreSQL at seeded moments of a whole `npm start` under traffic. Status 0 only if every claim of the chain is in exactly one root, every
 * root on chain once, and the rows are those of the chain. With --json the last line of stdout is the result, lists as their numbers.
 */

import { parseArgs } from 'node:util';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { chaos } from './chaos.ts';

function countOption(name: string, value: string): number {
  const count = Number(value);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new AppError('OPTION_INVALID', `--${name} must be a whole number from 1 up, not ${value}.`);
}

try {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(
      'npm run chaos -- [--kills N] [--seed S] [--json]\n\nExample: npm run chaos -- --kills 100 --seed 7 --json\n',
    );
  } else {
    const [kills, seed] = [countOption('kills', values.kills), countOption('seed', values.seed)];
    const { lost, doubled, changed, ...figures } = await chaos({
      kills,
      seed,
      log: (line) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`),
    });
    for (const [name, list] of Object.entries({ lost, doubled, changed }))
      for (const line of list) process.stderr.write(`${name}: ${line}\n`);
    const result = { ...figures, lost: lost.length, doubled: doubled.length, changed: changed.length };
    process.stdout.write(`${JSON.stringify(result, undefined, values.json ? 0 : 2)}\n`);
    process.exitCode = lost.length + doubled.length + changed.length === 0 ? 0 : 1;
  }
} catch (error) {
  process.stderr.write(`chaos: ${messageOf(error)}\n`);
  process.exitCode = 2;
}
