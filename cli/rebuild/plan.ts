/** Whether what was rebuilt may take the place of the living tables, and as what. Pure. */

import type { RootRow } from '../../audit/core/rebuild-roots.ts';

/**
 * `tables`: every root is the one that stands, so the topics stay as they are and the tables alone are taken over. `topics`: roots would
 * be others, and no root is ever written over: the roles go on in the namespace of the side.
 */
export type SwapForm = 'tables' | 'topics';

export interface SwapFacts {
  readonly roots: readonly RootRow[];
  /** Keys (`keyOfRoot`) of the roots that are on chain or may be. */
  readonly published: ReadonlySet<string>;
  /** What forbids any swap, each as a sentence. */
  readonly obstacles: readonly string[];
  /** Topics, by name, that went on since they were copied. */
  readonly wentOn: readonly string[];
}

export interface SwapPlan {
  readonly form: SwapForm;
  readonly changed: number;
  readonly gone: number;
  /** Roots that would be others and are on chain, or may be. */
  readonly onChain: readonly RootRow[];
  /** Why it is not done, each as a sentence that says what to do; empty where it can be. */
  readonly refusals: readonly string[];
}

export const keyOfRoot = (channel: string, epoch: bigint | string): string => `${epoch}/${channel}`;

/** @param evenPublished The further word: roots that are on chain may become others here. */
export function planSwap({ roots, published, obstacles, wentOn }: SwapFacts, evenPublished: boolean): SwapPlan {
  const of = (change: RootRow['change']): RootRow[] => roots.filter((row) => row.change === change);
  const [changed, gone, unknown, fresh] = [of('changed'), of('gone'), of('unknown'), of('new')];
  const isPublished = ({ channel, epoch }: RootRow): boolean => published.has(keyOfRoot(channel, epoch));
  const form: SwapForm = changed.length + gone.length > 0 ? 'topics' : 'tables';
  const refusals = [...obstacles];
  if (unknown.length > 0)
    refusals.push(
      `${unknown.length} roots cannot be told (${namesOf(unknown)}): bring back the records that their partitions begin with.`,
    );
  const renumbered = gone.filter(isPublished);
  if (renumbered.length > 0)
    refusals.push(
      `${renumbered.length} roots are on chain, or may be, and would be gone (${namesOf(renumbered)}): their claims could be paid a second time. No word lets this pass.`,
    );
  const onChain = [...changed, ...gone].filter(isPublished);
  if (onChain.length > renumbered.length && !evenPublished)
    refusals.push(
      `${onChain.length} roots would be others and are on chain, or may be (${namesOf(onChain)}): what is there does not change by this. Say --even-published to go on all the same.`,
    );
  if (form === 'tables' && fresh.length > 0)
    refusals.push(
      `${fresh.length} roots are not emitted yet (${namesOf(fresh)}): let the processor come to them. If it does not, its rules are others than those of this rebuild.`,
    );
  if (form === 'topics' && wentOn.length > 0)
    refusals.push(
      `Roots would be others, so the roles would go on in the topics of the rebuild, and ${wentOn.join(', ')} went on since the copy: stop every role, rebuild again, and swap then.`,
    );
  return { form, changed: changed.length, gone: gone.length, onChain, refusals };
}

const NAMED = 3;

function namesOf(rows: readonly RootRow[]): string {
  const names = rows.slice(0, NAMED).map(({ channel, epoch }) => `${channel} ${epoch}`);
  return rows.length > NAMED ? `${names.join(', ')}, …` : names.join(', ');
}
