/** What must hold in the end of a simulation with policies and people: every root once on chain, or held with its true reason. */

import { isTerminal } from '../../sinks/settlement/core/ledger-history.ts';
import type { Plan, PlannedRoot } from './guarded-plan.ts';
import { judgeAttempts, judgeOrder } from './judge.ts';
import type { SimulatedBooks } from './simulated-books.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** What is wrong, one sentence each; empty when all is well. */
export function judgeGuarded(plan: Plan, worlds: readonly SimulatedWorld[], books: SimulatedBooks): string[] {
  const wrong: string[] = [];
  for (const world of worlds) {
    if (world.earlyCommits.length > 0) wrong.push(`offsets ${world.earlyCommits.join(', ')} were committed too early`);
    wrong.push(...judgeOrder(world), ...judgeCommitted(world));
  }
  for (const roots of Map.groupBy(plan.roots, ({ channel }) => channel).values())
    wrong.push(...judgeChannel(roots, plan.roots, books));
  if (plan.solvencyHolds) wrong.push(...judgeSolvency(plan.roots, books));
  return wrong;
}

const isPublished = ({ world, channel, epoch }: PlannedRoot): boolean =>
  world.chain.publications(channel, epoch).length > 0;

/** In the order of epochs: published ones, then the first that is held and says why, then those that wait behind it. */
function* judgeChannel(
  roots: readonly PlannedRoot[],
  all: readonly PlannedRoot[],
  books: SimulatedBooks,
): Generator<string> {
  let isBehind = false;
  for (const at of roots) {
    const { world, channel, epoch, root, fate } = at;
    const name = `${channel}/${epoch}`;
    const rows = world.rowsOf(world.topic.find((one) => one.root === root) ?? failed(name));
    const published = world.chain.publications(channel, epoch);
    const last = rows.at(-1);
    const said = `${last?.status ?? 'nothing'} ${last?.reason?.split(':')[0] ?? ''}`.trim();
    for (const text of judgeAttempts(rows, published[0]?.signature)) yield `${name}: ${text}`;
    const terminal = rows.filter(({ status }) => isTerminal(status)).length;
    if (published.length > 1) yield `${name} was published ${published.length} times`;
    if (fate === 'conflict') {
      if (!isBehind && (last?.status !== 'CONFLICT' || terminal !== 1))
        yield `${name} is in conflict and ends in ${said}`;
    } else if (isBehind) {
      if (published.length > 0) yield `${name} was published though an older root of its channel is held`;
      const codes = ['HELD WAITING_BEHIND', `HELD ${fate}`];
      if (!codes.includes(said)) yield `${name} waits behind a held root and ends in ${said}`;
    } else if (published.length > 0) {
      if (fate !== 'published' && fate !== 'POLICY_INSOLVENT') yield `${name} was published against ${fate}`;
      if (terminal !== 1 || (last?.status !== 'FINALIZED' && last?.status !== 'ALREADY_SETTLED'))
        yield `${name} is published and ends in ${said}`;
    } else {
      isBehind = true;
      const isShort = promised(all, books) + books.payoutOf(root) > books.treasury;
      // Asked before the approvals, so that it may be said first.
      const isInsolvent =
        said === 'HELD POLICY_INSOLVENT' && ['POLICY_INSOLVENT', 'POLICY_NOT_APPROVED'].includes(fate);
      if (fate === 'published') yield `${name} was never published and ends in ${said}`;
      else if (said !== `HELD ${fate}` && !isInsolvent) yield `${name} is held for ${fate} and ends in ${said}`;
      else if (isInsolvent && !isShort) yield `${name} is held as too much for a treasury that has it`;
    }
  }
}

function failed(name: string): never {
  throw new Error(`no record of ${name}`);
}

function promised(roots: readonly PlannedRoot[], books: SimulatedBooks): bigint {
  return roots.filter(isPublished).reduce((sum, { root }) => sum + books.payoutOf(root), 0n);
}

/** What nobody approved by name must never come to more than the treasury. */
function* judgeSolvency(roots: readonly PlannedRoot[], books: SimulatedBooks): Generator<string> {
  const free = promised(
    roots.filter(({ approved }) => !approved),
    books,
  );
  if (free > books.treasury) yield `roots of ${free} units were published, and the treasury holds ${books.treasury}`;
}

/** The committed offset is that of the oldest root that is not done. */
function* judgeCommitted(world: SimulatedWorld): Generator<string> {
  const isDone = (root: (typeof world.topic)[number]): boolean =>
    world.rowsOf(root).some(({ status }) => isTerminal(status));
  const first = world.topic.findIndex((root) => !isDone(root));
  const wanted = BigInt(first < 0 ? world.topic.length : first);
  if (world.committed.offset !== wanted) yield `offset ${world.committed.offset} is committed, not ${wanted}`;
}
