/** What listeners say of publications, one row a listener. Pure. */

import type { StreamItem } from './stream-plan.ts';

/** A row of table publication_sightings, or what changes one, without the partition. */
export interface PublicationSighting {
  readonly eventId: string;
  readonly source: string;
  readonly slot: number;
  /** retracted: it took back what it saw in this slot, and in no other. */
  readonly word: 'seen' | 'failed' | 'retracted';
  readonly offset: number;
  /** False: the items hold nothing of it that succeeded, so that it changes a row and makes none. */
  readonly founds: boolean;
}

/** The newest word of each listener about each publication among the items, which are in the order of their offsets. */
export function newestSightings(items: readonly StreamItem[]): PublicationSighting[] {
  const all = new Map<string, { word?: PublicationSighting; readonly retracted: Map<number, PublicationSighting> }>();
  for (const item of items) {
    if (item.kind !== 'publication') continue;
    const { eventId, source, slot, offset, content, retracted, failed } = item.record;
    if (!retracted && content === undefined && !failed) continue;
    const key = `${source}/${eventId}`;
    const known = all.get(key) ?? { retracted: new Map<number, PublicationSighting>() };
    all.set(key, known);
    const founds = known.word?.founds === true || (!retracted && content !== undefined);
    const word = retracted ? 'retracted' : content === undefined ? 'failed' : 'seen';
    const said = { eventId, source, slot, word, offset, founds } as const;
    const isTakenBack = known.word?.word === 'retracted' ? known.word.slot === slot : known.retracted.has(slot);
    if (word === 'seen' && isTakenBack) continue;
    if (!retracted) {
      known.word = said;
      known.retracted.clear();
    } else if (known.word === undefined) known.retracted.set(slot, said);
    else if (known.word.slot === slot) known.word = said;
  }
  return [...all.values()].flatMap(({ word, retracted }) => (word === undefined ? [...retracted.values()] : [word]));
}
