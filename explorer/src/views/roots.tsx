import { type ReactNode, useState } from 'react';
import { useQuery } from 'urql';
import { useLive } from '../api/live.ts';
import { keyOf, newestFirst } from '../api/root-list.ts';
import { type RootRowFragment, type RootStatus, RootsDocument } from '../operations.generated.ts';
import { Answer } from '../parts/answer.tsx';
import { Title } from '../parts/panel.tsx';
import { RootTable } from '../parts/root-table.tsx';

const PAGE = 50;
const CHOICES = [
  ['', 'all'],
  ['READY_FOR_SETTLEMENT', 'not settled yet'],
  ['SETTLED', 'settled'],
] as const;

export function RootsView(): ReactNode {
  const [status, setStatus] = useState<RootStatus | ''>('');
  return (
    <>
      <Title under="Newest first. Rows change by themselves as the ledger goes on.">Roots</Title>
      <fieldset className="choices">
        <legend>Show</legend>
        {CHOICES.map(([value, name]) => (
          <label key={value}>
            <input type="radio" name="status" checked={status === value} onChange={() => setStatus(value)} />
            {name}
          </label>
        ))}
      </fieldset>
      <RootPages key={status} status={status === '' ? null : status} />
    </>
  );
}

interface PagesProps {
  readonly channel?: string | null;
  readonly status?: RootStatus | null;
}

/** Pages of roots, one below the other, as many as were asked for. */
export function RootPages({ channel = null, status = null }: PagesProps): ReactNode {
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null]);
  return cursors.map((after, at) => (
    <RootPage
      key={after ?? 'first'}
      {...{ channel, status, after }}
      onMore={at === cursors.length - 1 ? (next) => setCursors([...cursors, next]) : undefined}
    />
  ));
}

interface PageProps extends Required<PagesProps> {
  readonly after: string | null;
  readonly onMore: ((cursor: string) => void) | undefined;
}

function RootPage({ channel, status, after, onMore }: PageProps): ReactNode {
  const { roots: live } = useLive();
  const [state, ask] = useQuery({
    query: RootsDocument,
    variables: { channel, status, first: PAGE, after },
    requestPolicy: 'cache-and-network',
  });
  return (
    <Answer of={state} what="roots" again={() => ask({ requestPolicy: 'network-only' })}>
      {({ roots: { edges, pageInfo } }) => {
        const read = edges.map(({ node }) => node);
        const roots = withLive(read, live ?? [], (root) =>
          isOfPage(root, { channel, status, isFirst: after === null }, read),
        );
        if (roots.length === 0 && after === null) return <p className="none">There is none.</p>;
        const next = pageInfo.hasNextPage ? pageInfo.endCursor : null;
        return (
          <>
            <RootTable roots={roots} label={after === null ? 'Roots' : 'Older roots'} withChannel={channel === null} />
            {next !== null && onMore !== undefined && (
              <p className="more">
                <button type="button" onClick={() => onMore(next)}>
                  Older ones
                </button>
              </p>
            )}
          </>
        );
      }}
    </Answer>
  );
}

interface Wanted extends Required<PagesProps> {
  readonly isFirst: boolean;
}

/** Whether a live root, which the page does not hold yet, belongs before its first row. */
function isOfPage(
  root: RootRowFragment,
  { channel, status, isFirst }: Wanted,
  read: readonly RootRowFragment[],
): boolean {
  const [first] = read;
  if (!isFirst || (channel !== null && root.channel !== channel)) return false;
  if (status !== null && (status === 'SETTLED') !== root.settlement.settled) return false;
  return first === undefined || newestFirst(root, first) < 0;
}

/** What was read, each root as the ledger has it now, and those that came since. */
function withLive(
  read: readonly RootRowFragment[],
  live: readonly RootRowFragment[],
  isNew: (root: RootRowFragment) => boolean,
): RootRowFragment[] {
  const known = new Map(live.map((root) => [keyOf(root), root]));
  const shown = new Map(read.map((root) => [keyOf(root), known.get(keyOf(root)) ?? root]));
  for (const [key, root] of known) if (!shown.has(key) && isNew(root)) shown.set(key, root);
  return [...shown.values()].sort(newestFirst);
}
