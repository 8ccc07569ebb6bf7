import type { ReactNode } from 'react';
import { useQuery } from 'urql';
import { beginAgain, useLive } from '../api/live.ts';
import { epochsOf } from '../api/root-list.ts';
import { usePolled } from '../api/use-polled.ts';
import { EpochDocument } from '../operations.generated.ts';
import { Answer, Failure, Waiting } from '../parts/answer.tsx';
import { Chip } from '../parts/chip.tsx';
import { CoverageBar, coverageSaid } from '../parts/coverage-bar.tsx';
import { Title } from '../parts/panel.tsx';
import { To } from '../parts/text.tsx';
import { counted, grouped } from '../words/numbers.ts';

const SHOWN = 12;
const ASK_EVERY_MS = 4000;

export function EpochsView(): ReactNode {
  const { roots, rootsUnknown } = useLive();
  return (
    <>
      <Title under="A root waits until every slot of its epoch is proven. Hatched: slots that nobody has proven.">
        Epochs and their coverage
      </Title>
      {roots === undefined && rootsUnknown === undefined && <Waiting what="the epochs" />}
      {roots === undefined && rootsUnknown !== undefined && <Failure why={rootsUnknown} again={beginAgain} />}
      {roots?.length === 0 && (
        <p className="none">No epoch has a root yet. An epoch that is known can be looked for above.</p>
      )}
      <ol className="epochs">
        {epochsOf(roots ?? [], SHOWN).map((epoch) => (
          <li key={epoch}>
            <EpochLine epoch={epoch} />
          </li>
        ))}
      </ol>
    </>
  );
}

function EpochLine({ epoch }: { readonly epoch: string }): ReactNode {
  const [state, ask] = useQuery({ query: EpochDocument, variables: { epoch }, requestPolicy: 'cache-and-network' });
  const again = (): void => ask({ requestPolicy: 'network-only' });
  const isOver = state.data?.epoch?.finalizedAt != null && state.data.epoch.complete;
  usePolled(() => {
    if (!isOver) again();
  }, ASK_EVERY_MS);
  return (
    <Answer of={state} what={`epoch ${epoch}`} again={again}>
      {({ epoch: found }) =>
        found === null ? (
          <p className="epoch-line">
            <span className="epoch-number">{grouped(epoch)}</span>
            <span className="none">Nothing of this epoch is known yet.</span>
          </p>
        ) : (
          <div className="epoch-line">
            <To route={{ view: 'epoch', epoch }}>
              <span className="epoch-number">
                <span className="hidden">Epoch </span>
                {grouped(epoch)}
              </span>
            </To>
            <CoverageBar epoch={found} />
            <span className="epoch-said">
              slots {grouped(found.startSlot)} to {grouped(found.endSlot)}: {coverageSaid(found)}
            </span>
            {found.finalizedAt === null ? (
              <Chip tone="under-way">open</Chip>
            ) : (
              <Chip tone={found.complete ? 'good' : 'uncertain'}>
                {counted(found.roots.edges.length, 'root')}
                {found.roots.pageInfo.hasNextPage && ' or more'}
              </Chip>
            )}
          </div>
        )
      }
    </Answer>
  );
}
