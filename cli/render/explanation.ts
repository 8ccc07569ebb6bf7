/** A leaf's way, drawn as a tree: from the transaction that published its root down to the one that it came of. Pure. */

import type { ExplainQuery } from '@attention-oracle/sdk/graphql';
import { settlementWord } from './words.ts';

export type Explanation = NonNullable<ExplainQuery['explain']>;

interface Branch {
  readonly text: string;
  readonly below: readonly Branch[];
}

const leaf = (text: string): Branch => ({ text, below: [] });

/** Lines of text, each part below what it follows from. */
export function drawExplanation({ claim, root, ...event }: Explanation): string[] {
  const { settlement } = root;
  const published =
    settlement.signature === null
      ? `not published: ${settlementWord(settlement)}`
      : `published by ${settlement.signature} (${settlementWord(settlement)})`;
  const ranges = event.provenBy.map(({ source, method, fromSlot, toSlot }) =>
    leaf(`${source}, ${method}: slots ${fromSlot}–${toSlot}`),
  );
  const proven: Branch =
    ranges.length > 0
      ? { text: `slot ${event.slot} is proven by`, below: ranges }
      : leaf(`slot ${event.slot}: the record was final before any range proved it`);
  const vouchers =
    event.vouchers.length === 0 ? 'nobody stands by it any more' : `vouched for by ${event.vouchers.join(', ')}`;
  const transaction: Branch = {
    text: `transaction ${event.signature}`,
    below: [leaf(`instruction ${event.instruction}`), leaf(vouchers), proven],
  };
  const made: Branch = {
    text: `claim of ${claim.amount} by ${claim.user}${claim.claimedAt === null ? '' : `, ${claim.claimedAt}`} (${claim.status})`,
    below: [transaction],
  };
  const place: Branch = { text: `leaf ${claim.index ?? '?'} of ${root.count}, id ${claim.id}`, below: [made] };
  return [
    `${root.channel}, epoch ${root.epoch} (slots ${root.startSlot}–${root.endSlot})`,
    ...draw([leaf(published), { text: `root ${root.root} (${root.recipe})`, below: [place] }]),
  ];
}

function draw(branches: readonly Branch[], indent = ''): string[] {
  return branches.flatMap(({ text, below }, at) => {
    const isLast = at === branches.length - 1;
    return [`${indent}${isLast ? '└─ ' : '├─ '}${text}`, ...draw(below, `${indent}${isLast ? '   ' : '│  '}`)];
  });
}
