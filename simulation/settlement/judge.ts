/** What must hold of every root in the end, whatever went wrong, when one worker ran at a time. */

import type { SettlementRecord } from '../../schemas/records.ts';
import { isTerminal } from '../../sinks/settlement/core/ledger-history.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** What is wrong, one sentence each; empty when all is well. */
export function judgeSettled(world: SimulatedWorld): string[] {
  const wrong: string[] = [];
  if (!world.allCommitted) wrong.push(`only ${world.committed.offset} of ${world.topic.length} roots are committed`);
  if (world.earlyCommits.length > 0) wrong.push(`offsets ${world.earlyCommits.join(', ')} were committed too early`);
  if (world.chain.failedOnChain > 0) wrong.push(`${world.chain.failedOnChain} transactions failed on chain`);
  wrong.push(...judgeOrder(world));
  for (const root of world.topic) {
    const name = `${root.channel}/${root.epoch}`;
    const published = world.chain.publications(root.channel, root.epoch);
    if (published.length !== 1) wrong.push(`${name} was published ${published.length} times`);
    wrong.push(...judgeRows(world.rowsOf(root), root.root, published[0]?.signature).map((text) => `${name}: ${text}`));
  }
  return wrong;
}

/** The chain must have taken the roots of a channel in the order of the topic, also those that shared a transaction. */
export function* judgeOrder({ chain, topic }: SimulatedWorld): Generator<string> {
  const taken = chain.landed.flatMap(({ error, roots }) => (error === null ? roots : []));
  for (const channel of new Set(topic.map((root) => root.channel))) {
    const epochs = taken.filter((root) => root.channel === channel).map(({ epoch }) => BigInt(epoch));
    const wanted = topic.filter((root) => root.channel === channel && epochs.includes(root.epoch));
    const inOrder = wanted.map(({ epoch }) => epoch).join();
    if (epochs.join() !== inOrder) yield `${channel} was published in the order ${epochs.join()}, not ${inOrder}`;
  }
}

/** Each transaction of a root: PENDING first and once, FAILED last unless it landed. */
export function* judgeAttempts(rows: readonly SettlementRecord[], landed: string | undefined): Generator<string> {
  const signed = rows.filter(({ signature }) => signature !== null);
  for (const [signature, ofAttempt] of Map.groupBy(signed, (row) => row.signature)) {
    const statuses = ofAttempt.map(({ status }) => status);
    const pending = statuses.filter((status) => status === 'PENDING').length;
    if (statuses[0] !== 'PENDING' || pending !== 1) yield `rows of ${signature} are ${statuses.join(' ')}`;
    if ((statuses.at(-1) === 'FAILED') === (signature === landed)) yield `${signature} ends in ${statuses.at(-1)}`;
  }
}

function judgeRows(rows: readonly SettlementRecord[], root: string, landed: string | undefined): string[] {
  const wrong = [...judgeAttempts(rows, landed)];
  const last = rows.at(-1);
  const terminal = rows.filter(({ status }) => isTerminal(status)).length;
  if (terminal !== 1) wrong.push(`${terminal} last rows`);
  if (last?.status !== 'FINALIZED' && last?.status !== 'ALREADY_SETTLED') wrong.push(`ends in ${last?.status}`);
  if (last?.status === 'FINALIZED' && last.signature !== landed) wrong.push('FINALIZED names another transaction');
  if (last?.root !== root) wrong.push('the last row names another root');
  return wrong;
}
