import type { ReactNode } from 'react';
import { useQuery } from 'urql';
import { usePolled } from '../api/use-polled.ts';
import { EpochDocument } from '../operations.generated.ts';
import { Answer } from '../parts/answer.tsx';
import { CoverageBar, coverageSaid, type EpochAnswer } from '../parts/coverage-bar.tsx';
import { Fact, Facts, Panel, Table, Title } from '../parts/panel.tsx';
import { RootTable } from '../parts/root-table.tsx';
import { At, To } from '../parts/text.tsx';
import { Unknown } from '../parts/uncertain.tsx';
import { slotCount } from '../words/coverage.ts';
import { grouped } from '../words/numbers.ts';

const ASK_EVERY_MS = 3000;

export function EpochView({ epoch }: { readonly epoch: string }): ReactNode {
  const [state, ask] = useQuery({ query: EpochDocument, variables: { epoch }, requestPolicy: 'cache-and-network' });
  const again = (): void => ask({ requestPolicy: 'network-only' });
  usePolled(again, ASK_EVERY_MS);
  return (
    <>
      <Title over="Epoch">{grouped(epoch)}</Title>
      <Answer of={state} what="the epoch" again={again}>
        {({ epoch: found }) =>
          found === null ? (
            <p className="none">
              Nothing of this epoch is known here. It may not have begun, or it lies before the first slot that was
              read.
            </p>
          ) : (
            <Whole epoch={found} />
          )
        }
      </Answer>
    </>
  );
}

function Whole({ epoch }: { readonly epoch: EpochAnswer }): ReactNode {
  const sources = [...new Map(epoch.coverage.map((range) => [`${range.source} ${range.method}`, range])).entries()];
  const roots = epoch.roots.edges.map(({ node }) => node);
  return (
    <div className="grid">
      <Panel title="Coverage" wide beside={coverageSaid(epoch)}>
        <CoverageBar epoch={epoch} />
        <Facts>
          <Fact name="Slots">
            {grouped(epoch.startSlot)} to {grouped(epoch.endSlot)}
          </Fact>
          <Fact name="Finalised">
            {epoch.finalizedAt === null ? (
              <Unknown word="not yet" why="The epoch is open, or a slot of it is not proven." />
            ) : (
              <At iso={epoch.finalizedAt} />
            )}
          </Fact>
        </Facts>
        {epoch.holes.length > 0 && (
          <Table label="Slots that nobody has proven" head={['From slot', 'To slot', 'num:Slots', 'State']}>
            {epoch.holes.map((hole) => (
              <tr key={hole.fromSlot}>
                <td>{grouped(hole.fromSlot)}</td>
                <td>{grouped(hole.toSlot)}</td>
                <td className="num">{grouped(slotCount([hole]))}</td>
                <td>
                  <Unknown word="unproven" why="Claims in them may be missing." />
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Panel>
      <Panel title="Who proves it">
        {sources.length === 0 && <p className="none">No listener has proven a slot of it.</p>}
        <ul className="sources">
          {sources.map(([name, range]) => (
            <li key={name}>
              <span>
                {range.source} <span className="soft">{range.method}</span>
              </span>
              <CoverageBar epoch={epoch} source={range} />
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Roots" beside={epoch.roots.pageInfo.hasNextPage ? 'the first 100' : undefined}>
        {roots.length === 0 ? (
          <p className="none">None: it is open, or had no claim.</p>
        ) : (
          <RootTable roots={roots} label="Roots of this epoch" />
        )}
      </Panel>
      <p className="aside">
        <To route={{ view: 'epochs' }}>All epochs</To>
      </p>
    </div>
  );
}
