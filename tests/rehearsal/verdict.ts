/** What must be true at the end: nothing lost, nothing twice, the same roots on both sides. */

import { expectedRoots } from '../recorded/expected-roots.ts';
import { publications } from '../recorded/publications.ts';
import { rootLines } from '../testing/recorded-chain.ts';
import { until } from '../testing/until.ts';
import type { Rehearsal } from './rehearsal.ts';
import { EPOCH_BASE, SLOTS_PER_EPOCH } from './setting.ts';
import { untilStill } from './way.ts';

export interface Verdict {
  /** Claims that are final on the chain. */
  readonly claims: number;
  /** Roots that an independent computation over the chain's history gives; ours are these. */
  readonly roots: number;
  /** Of them, those that the legacy system made too: each the same. */
  readonly both: number;
  /** Roots on chain, each published once. */
  readonly published: number;
}

/** Ends the traffic and compares everything with the chain's own history. @throws Error with what is wrong. */
export async function judge(rehearsal: Rehearsal): Promise<Verdict> {
  await untilStill(rehearsal);
  const history = await rehearsal.setting.live.history();
  const expected = expectedRoots(history, SLOTS_PER_EPOCH, EPOCH_BASE);
  const wanted = rootLines(expected);
  const ours = async (): Promise<string[]> => {
    const { rows } = await rehearsal.ours.query<{ channel: string; epoch: string; root: string; count: number }>(
      "select channel, epoch::text, root, count from roots where tree_state = 'built' and status = 'settled'",
    );
    return rootLines(rows);
  };
  await until('every root of the chain is made, made again and settled', async () => {
    const made = new Set(await ours());
    return wanted.every((line) => made.has(line));
  });
  same('roots of ours', await ours(), wanted);

  const { rows: legacy } = await rehearsal.setting.legacy.query<{
    channel: string;
    epoch: string;
    root: string;
    count: number;
  }>('select channel, epoch::text, root, count from roots');
  const foreign = rootLines(legacy).filter((line) => !wanted.includes(line));
  if (foreign.length > 0)
    throw new Error(`the legacy system made roots that are not the chain's: ${foreign.join('; ')}`);

  const after = await rehearsal.setting.live.history();
  const published = publications(after)
    .filter(({ epoch, succeeded }) => succeeded && epoch >= EPOCH_BASE)
    .map(({ channel, epoch, root }) => `${epoch} ${channel} ${root}`);
  if (new Set(published.map((line) => line.split(' ').slice(0, 2).join(' '))).size !== published.length)
    throw new Error('a root was published twice');
  same(
    'publications',
    published,
    expected.map(({ channel, epoch, root }) => `${epoch} ${channel} ${root}`),
  );
  return {
    claims: expected.reduce((sum, { count }) => sum + count, 0),
    roots: expected.length,
    both: legacy.length,
    published: published.length,
  };
}

function same(what: string, found: readonly string[], wanted: readonly string[]): void {
  const missing = wanted.filter((line) => !found.includes(line));
  const extra = found.filter((line) => !wanted.includes(line));
  if (missing.length + extra.length === 0) return;
  throw new Error(`${what}: ${missing.length} missing (${missing[0]}), ${extra.length} too many (${extra[0]})`);
}
