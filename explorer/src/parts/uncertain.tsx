import type { ReactNode } from 'react';

/** What nobody knows: always the same hatched word, with the sentence that says why. */
export function Unknown({ why, word = 'unknown' }: { readonly why: string; readonly word?: string }): ReactNode {
  return (
    <span className="unknown">
      <span className="unknown-word">{word}</span> <span className="unknown-why">{why}</span>
    </span>
  );
}

/** A value, or the word for its absence. */
export function Known({
  value,
  why,
  children,
}: {
  readonly value: unknown;
  readonly why: string | null | undefined;
  readonly children: ReactNode;
}): ReactNode {
  return value === null || value === undefined ? <Unknown why={why ?? 'The gateway gave no reason.'} /> : children;
}
