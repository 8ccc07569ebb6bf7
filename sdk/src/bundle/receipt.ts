import type { ProofBundle } from './proof-bundle.ts';

/** Something that a bundle says and that is not so. */
export interface BundleProblem {
  /** Path of the field, such as `receipt.slot`. */
  readonly field: string;
  readonly text: string;
}

/** Where a receipt contradicts its bundle, or itself. */
export function receiptProblems({ receipt, root, settlementSignature }: ProofBundle): BundleProblem[] {
  if (receipt === undefined) return [];
  const problems: BundleProblem[] = [];
  const say = (field: string, text: string): void => void problems.push({ field: `receipt.${field}`, text });
  if (receipt.root !== root) say('root', `is ${receipt.root}, and the proof leads to ${root}`);
  if (receipt.signature !== settlementSignature)
    say('signature', `is ${receipt.signature}, and the bundle names ${settlementSignature ?? 'no transaction'}`);
  const listeners = receipt.seenBy.map(({ listener }) => listener);
  if (listeners.length === 0) say('seenBy', 'names no listener: nobody stands by it');
  if (new Set(listeners).size < listeners.length) say('seenBy', 'names a listener twice');
  const places = receipt.seenBy.flatMap(({ partition, offset }) => (offset === null ? [] : [`${partition}/${offset}`]));
  if (new Set(places).size < places.length) say('seenBy', 'has two records at one offset');
  if (new Set(receipt.seenBy.map(({ partition }) => partition)).size > 1)
    say('seenBy', 'names several partitions: the records of a channel stand in one');
  for (const [at, { listener, verdict }] of receipt.verdicts.entries()) {
    if ((verdict === 'seen') !== listeners.includes(listener))
      say(`verdicts[${at}]`, `is ${verdict}, and seenBy ${verdict === 'seen' ? 'does not name' : 'names'} ${listener}`);
  }
  return problems;
}
