/** What another base would do to each channel: the report of `ao epoch-base change`. */

import { baseInForce, type EmittedRoot, type NumberingSurvey, publishedRoots } from './numbering.ts';

export interface ChannelRenumbering {
  readonly channel: string;
  /** On chain: their claims would get a second number, with a bitmap of its own. */
  readonly payableTwice: readonly Renumbered[];
  /** A transaction with them may still land. */
  readonly underWay: readonly Renumbered[];
  /** Nowhere on chain: no claim of them can be paid under the former number. */
  readonly free: readonly Renumbered[];
}

interface Renumbered extends EmittedRoot {
  /** The number under the new base. */
  readonly becomes: bigint;
}

/** By channel. */
export function renumbering(survey: NumberingSurvey, to: bigint): ChannelRenumbering[] {
  const shift = to - baseInForce(survey.roots, to);
  const onChain = new Set(publishedRoots(survey));
  const channels = [...new Set(survey.roots.map(({ channel }) => channel))].sort();
  return channels.map((channel) => {
    const own = survey.roots.filter((root) => root.channel === channel);
    const among = (wanted: (root: EmittedRoot) => boolean): Renumbered[] =>
      own.filter(wanted).map((root) => ({ ...root, becomes: root.epoch + shift }));
    const isOpen = (root: EmittedRoot): boolean => !onChain.has(root) && survey.published.isUnderWay(root);
    return {
      channel,
      payableTwice: among((root) => onChain.has(root)),
      underWay: among(isOpen),
      free: among((root) => !onChain.has(root) && !isOpen(root)),
    };
  });
}

/** A line for each kind of root that a channel has. */
export function linesOf({ channel, payableTwice, underWay, free }: ChannelRenumbering): string[] {
  const kinds = [
    [payableTwice, 'on chain: their claims could be paid a second time'],
    [underWay, 'under way to the chain: they may still land'],
    [free, 'nowhere on chain: no claim of them is payable yet'],
  ] as const;
  return kinds.flatMap(([roots, what]) => {
    const [first, last] = [roots.at(0), roots.at(-1)];
    if (first === undefined || last === undefined) return [];
    return [
      `${channel}: ${roots.length} roots of epochs ${first.epoch} to ${last.epoch} (slots ${first.startSlot} to ${last.endSlot}), which would be ${first.becomes} to ${last.becomes}, are ${what}`,
    ];
  });
}
