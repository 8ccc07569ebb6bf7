/** What a ledger remembers as lines of text, and back: a snapshot of it is read again instead of the records it came of. */

import type { Sighting } from '../../../domain/vouching.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { ClaimContent } from './claim-record.ts';
import { ClaimRow } from './claim-row.ts';

/** Raised when lines change their meaning. A reader refuses other versions. */
const VERSION = 1;

export interface BucketFacts {
  readonly key: number;
  /** -1 while it is open. */
  readonly sealedAt: number;
}

export interface LedgerFacts {
  readonly lateKey: number;
  readonly buckets: readonly BucketFacts[];
}

/** Ids that stand in one line, of rows that wait for a source's word. */
const IDS_A_LINE = 500;

export function headLine({ lateKey, buckets }: LedgerFacts): string {
  return JSON.stringify(['ledger', VERSION, lateKey, buckets.map(({ key, sealedAt }) => [key, sealedAt])]);
}

export function rowLine(row: ClaimRow): string {
  const { eventId, firstOffset, provenOffset, content, sightings, final } = row.state;
  const versions = sightings.map((one) => [
    one.source,
    one.offset,
    one.slot,
    Number(one.counted),
    Number(one.retracted),
    one.content === content ? 0 : contentParts(one.content),
  ]);
  return JSON.stringify([
    'row',
    eventId,
    firstOffset,
    row.lateSlot,
    provenOffset,
    content === undefined ? 0 : contentParts(content),
    final ? 0 : versions,
    row.holders,
  ]);
}

/** In the order in which the source's word is given to them. */
export function* waitingLines(source: string, rows: readonly ClaimRow[]): Generator<string> {
  for (let i = 0; i < rows.length; i += IDS_A_LINE) {
    const ids = rows.slice(i, i + IDS_A_LINE).map(({ eventId }) => eventId);
    yield JSON.stringify(['waiting', source, ids]);
  }
}

type ContentParts = [number, string, string, string, string];
type Line =
  | ['ledger', number, number, [number, number][]]
  | [
      'row',
      string,
      number,
      number,
      number | null,
      ContentParts | 0,
      [string, number, number, number, number, ContentParts | 0][] | 0,
      number[],
    ]
  | ['waiting', string, string[]];

export interface LedgerReader {
  head(facts: LedgerFacts): void;
  row(row: ClaimRow, holders: readonly number[]): void;
  waiting(source: string, eventIds: readonly string[]): void;
}

/** @throws AppError SNAPSHOT_GONE for lines of another version. */
export function readLines(lines: Iterable<string>, reader: LedgerReader): void {
  const shared = new Map<string, string>();
  const share = (text: string): string => {
    const known = shared.get(text);
    if (known === undefined) shared.set(text, text);
    return known ?? text;
  };
  for (const text of lines) {
    const line = JSON.parse(text) as Line;
    if (line[0] === 'ledger') {
      if (line[1] !== VERSION) throw otherVersion(line[1]);
      const buckets = line[3].map(([key, sealedAt]) => ({ key, sealedAt }));
      reader.head({ lateKey: line[2], buckets });
    } else if (line[0] === 'waiting') reader.waiting(share(line[1]), line[2]);
    else reader.row(rowOf(line, share), line[7]);
  }
}

function rowOf(line: Line & { 0: 'row' }, share: (text: string) => string): ClaimRow {
  const [, eventId, firstOffset, lateSlot, provenOffset, parts, versions] = line;
  const content = parts === 0 ? undefined : contentOf(parts, share);
  const row = new ClaimRow(eventId, firstOffset);
  row.lateSlot = lateSlot;
  const sightings = (versions === 0 ? [] : versions).map(
    ([source, offset, slot, counted, retracted, said]): Sighting<ClaimContent> => ({
      source: share(source),
      offset,
      slot,
      counted: counted === 1,
      retracted: retracted === 1,
      content: said === 0 ? (content as ClaimContent) : contentOf(said, share),
    }),
  );
  row.become({ ...row.state, final: versions === 0, provenOffset, content, sightings });
  return row;
}

const contentParts = ({ slot, channel, claimer, amount, id }: ClaimContent): ContentParts => [
  slot,
  channel,
  claimer,
  amount.toString(),
  id,
];

const contentOf = (
  [slot, channel, claimer, amount, id]: ContentParts,
  share: (text: string) => string,
): ClaimContent => ({ slot, channel: share(channel), claimer, amount: BigInt(amount), id });

function otherVersion(version: number): AppError {
  return new AppError(
    'SNAPSHOT_GONE',
    `The kept state has format ${version}, this release reads ${VERSION}: start the release that wrote it, or have the state rebuilt from the events (\`ao replay --group ao-epoch-roots --topic ao.stream-events.v1 --to-beginning\`).`,
    { context: { version } },
  );
}
