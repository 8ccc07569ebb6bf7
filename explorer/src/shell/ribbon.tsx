import { type ReactNode, useEffect } from 'react';
import { useQuery } from 'urql';
import { certaintyOf, reasonOf } from '../api/client.ts';
import type { FeedState } from '../api/follow.ts';
import { beginAgain, noteBehind, useLive } from '../api/live.ts';
import { usePolled } from '../api/use-polled.ts';
import { PipelineDocument, type PipelineQuery } from '../operations.generated.ts';
import { Chip } from '../parts/chip.tsx';
import { To } from '../parts/text.tsx';
import { Unknown } from '../parts/uncertain.tsx';
import { slotCount } from '../words/coverage.ts';
import { counted, duration, grouped } from '../words/numbers.ts';

const ASK_EVERY_MS = 2000;

/** How sure everything on the page is: one line that stays in view. */
export function Ribbon(): ReactNode {
  const [{ data, error, extensions }, ask] = useQuery({ query: PipelineDocument, requestPolicy: 'network-only' });
  usePolled(() => ask({ requestPolicy: 'network-only' }), ASK_EVERY_MS);
  const isKnown = data !== undefined && error === undefined;
  const behind = isKnown ? data.pipeline.slotsBehind : null;
  useEffect(() => {
    // Every answer is a sample, also one that says the same.
    if (data !== undefined || error !== undefined) noteBehind(behind === null ? null : Number(behind));
  }, [data, error, behind]);
  const isStale = certaintyOf(extensions)?.stale === true;
  return (
    <section className="ribbon" aria-label="How sure this is">
      <Connection />
      {error !== undefined && <Unknown word="not answered" why={reasonOf(error)} />}
      {isStale && <Unknown word="remembered" why="The database does not answer the gateway." />}
      {isKnown && <Proven pipeline={data.pipeline} />}
      {isKnown && <Gaps gaps={data.gaps} />}
    </section>
  );
}

function Proven({
  pipeline: { provenSlot, slotsBehind, chainSlotUnknown, lagMs },
}: Pick<PipelineQuery, 'pipeline'>): ReactNode {
  if (provenSlot === null) return <Unknown word="nothing proven yet" why="No partition has proven a slot." />;
  return (
    <>
      <span>
        proven to slot <b>{grouped(provenSlot)}</b>
      </span>
      {slotsBehind === null ? (
        <Unknown word="slots behind unknown" why={chainSlotUnknown ?? 'The chain’s slot is not known.'} />
      ) : (
        <span>
          <b>{grouped(slotsBehind)}</b> {slotsBehind === '1' ? 'slot' : 'slots'} behind the chain
        </span>
      )}
      {lagMs !== null && (
        <span>
          as the chain was <b>{duration(Number(lagMs))}</b> ago
        </span>
      )}
    </>
  );
}

function Gaps({ gaps }: Pick<PipelineQuery, 'gaps'>): ReactNode {
  if (gaps.length === 0) return <span>no gaps</span>;
  return (
    <To route={{ view: 'pipeline' }}>
      <Chip tone="uncertain">
        {counted(gaps.length, 'gap')}, {counted(slotCount(gaps), 'slot')} unproven
      </Chip>
    </To>
  );
}

const RANK: Readonly<Record<FeedState['kind'], number>> = { live: 0, connecting: 1, away: 2, refused: 3 };

function Connection(): ReactNode {
  const { feeds } = useLive();
  const [worst] = Object.values(feeds).sort((a, b) => RANK[b.kind] - RANK[a.kind]);
  if (worst === undefined) return null;
  return (
    <span className="connection" role="status">
      {worst.kind === 'live' && <Chip tone="good">live</Chip>}
      {worst.kind === 'connecting' && <Chip tone="under-way">connecting</Chip>}
      {worst.kind === 'away' && (
        <Unknown word="not live" why={`${worst.why} It is tried again, and goes on where it stopped.`} />
      )}
      {worst.kind === 'refused' && (
        <>
          <Unknown word="live updates stopped" why={worst.why} />
          <button type="button" onClick={beginAgain}>
            Begin anew
          </button>
        </>
      )}
    </span>
  );
}
