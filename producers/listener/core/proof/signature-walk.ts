/**
 * Walking getSignaturesForAddress from newest to oldest, page by page. Stops by slot, never by `until` (a node that does
 * not know the signature silently answers with its newest page). Pages overlap by a slot, because the order within a slot
 * differs from node to node.
 */

import { AppError } from '../../../../runtime/errors.ts';
import type { ChainReader, SignaturePage, SignatureRow } from '../ports.ts';

export interface WalkRange {
  /** First slot wanted, inclusive. */
  readonly floorSlot: number;
  /** Where to begin: rows older than this signature; undefined begins with the newest. */
  readonly before: string | undefined;
  readonly minContextSlot: number;
  /** History is known to reach down to here: an end above it is a hole, not the end. Undefined where nothing is known. */
  readonly mustReachSlot: number | undefined;
  readonly endpoint: string;
}

export interface WalkedPage {
  readonly rows: readonly SignatureRow[];
  readonly endpoint: string;
  readonly viewSlot: number | undefined;
  /** Signature behind which the next page begins; undefined on the last page. */
  readonly next: string | undefined;
}

/**
 * @throws AppError HISTORY_TOO_SHORT when the server's rows end above history that is known to exist, WALK_STUCK when its
 * pages do not advance, and what the chain throws.
 */
export async function* walkPages(chain: ChainReader, range: WalkRange): AsyncGenerator<WalkedPage> {
  let { before } = range;
  let lowestSeen = Number.POSITIVE_INFINITY;
  const starts = new Set<string | undefined>([before]);
  for (;;) {
    const page = await believablePage(chain, range, before);
    const lowest = Math.min(...page.rows.map((row) => row.slot));
    lowestSeen = Math.min(lowest, lowestSeen);
    const atEnd = page.rows.length === 0;
    if (atEnd && range.mustReachSlot !== undefined && lowestSeen > range.mustReachSlot) {
      throw new AppError(
        'HISTORY_TOO_SHORT',
        'The RPC server has no signatures down to the stored cursor: its history was pruned, or its answer was cut short. Point ANCHOR_PROVIDER_URL at a server with the whole history.',
        {
          retryable: true,
          context: { endpoint: page.endpoint, lowestSlot: lowestSeen, neededSlot: range.mustReachSlot },
        },
      );
    }
    const done = atEnd || lowest < range.floorSlot;
    const next = done ? undefined : nextStart(page.rows);
    if (next !== undefined && starts.has(next)) {
      throw new AppError('WALK_STUCK', 'The RPC server repeats a page of signatures instead of an older one.', {
        retryable: true,
        context: { endpoint: page.endpoint, before: next },
      });
    }
    yield { rows: page.rows, endpoint: page.endpoint, viewSlot: page.viewSlot, next };
    if (next === undefined) return;
    starts.add(next);
    before = next;
  }
}

/** An empty page says "the end of history" only when it comes twice. */
async function believablePage(
  chain: ChainReader,
  range: WalkRange,
  before: string | undefined,
): Promise<SignaturePage> {
  const query = { before, minContextSlot: range.minContextSlot, endpoint: range.endpoint };
  const page = await chain.signatures(query);
  return page.rows.length > 0 ? page : chain.signatures(query);
}

/** The last row above the page's lowest slot, so that the lowest slot is read again whole; else the last row. */
function nextStart(rows: readonly SignatureRow[]): string | undefined {
  const lowest = Math.min(...rows.map((row) => row.slot));
  let start: SignatureRow | undefined;
  for (const row of rows) {
    if (row.slot > lowest && (start === undefined || row.slot <= start.slot)) start = row;
  }
  return (start ?? rows.at(-1))?.signature;
}
