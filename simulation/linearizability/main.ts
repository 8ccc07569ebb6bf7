/**
 * `npm run linearizability -- [--operations N] [--rounds N] [--seed N] [--json]`: settlements are stored while clients read and follow them, gateway
 * and database are killed (kill -9) in turn, and what the clients saw is judged. Status 0 only where all of it can have happened, one after
 * the other; each answer between its call and its return, each subscription told everything, once and in order.
 */

import { until } from '../../tests/testing/until.ts';
import { withGatewayStack } from '../gateway-stack.ts';
import { wholeNumberOptions } from '../whole-number-options.ts';
import { recordAndJudge } from './record.ts';

const PARTITIONS = 3;

const { operations, rounds, seed, json } = wholeNumberOptions(
  'npm run linearizability',
  { operations: { default: 100_000 }, rounds: { default: 10 }, seed: { default: 1 } },
  '--operations 5000 --rounds 2',
);

await withGatewayStack('linearizability', PARTITIONS, async (stack) => {
  const { pool, topics, log } = stack;
  let running = await stack.startGateway('0');
  const { url } = running;
  try {
    const judged = await recordAndJudge({
      pool,
      topic: topics.settlements,
      partitions: PARTITIONS,
      url: () => url,
      operations,
      rounds,
      seed,
      faults: [
        async () => {
          log('the gateway is killed');
          await running.gateway.kill();
          running = await stack.startGateway(new URL(url).port);
        },
        async () => {
          const { postgres: pid } = stack.pids;
          if (pid === undefined) throw new Error('PostgreSQL is not ours to be killed: leave DATABASE_URL out');
          log('the database is killed');
          process.kill(pid, 'SIGKILL');
          await until('the database is there again', async () => (await pool.query('select 1')).rowCount === 1);
        },
      ],
    });
    process.stdout.write(`${JSON.stringify(judged, undefined, json ? 0 : 2)}\n`);
    process.exitCode = judged.violations.length === 0 ? 0 : 1;
  } finally {
    await running.gateway.stop();
  }
});
