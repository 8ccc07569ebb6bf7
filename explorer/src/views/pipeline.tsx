import type { ReactNode } from 'react';
import { useQuery } from 'urql';
import { useLive } from '../api/live.ts';
import {
  ClosedGapsDocument,
  type GapRowFragment,
  PipelineDocument,
  type PipelineQuery,
} from '../operations.generated.ts';
import { Answer } from '../parts/answer.tsx';
import { Chip } from '../parts/chip.tsx';
import { LiveChart } from '../parts/live-chart.tsx';
import { Fact, Facts, Panel, Table, Title } from '../parts/panel.tsx';
import { At } from '../parts/text.tsx';
import { Known, Unknown } from '../parts/uncertain.tsx';
import { slotCount } from '../words/coverage.ts';
import { duration, grouped } from '../words/numbers.ts';

/** The same question as the ribbon's, which asks it again and again. */
export function PipelineView(): ReactNode {
  const { seconds } = useLive();
  const [state, ask] = useQuery({ query: PipelineDocument });
  return (
    <>
      <Title under="What is proven, by whom, what is stored, and how far each role is behind. What cannot be found out says why.">
        Pipeline
      </Title>
      <Answer of={state} what="how far it is" again={() => ask({ requestPolicy: 'network-only' })}>
        {({ pipeline, gaps, health }) => (
          <div className="grid">
            <Panel title="Chain and proof" wide>
              <Chain pipeline={pipeline} />
              <LiveChart seconds={seconds} />
            </Panel>
            <Panel title="Open gaps" wide beside="slots between proven ones that nobody has proven">
              {gaps.length === 0 ? (
                <p className="none">None: from the first proven slot on, everything is proven.</p>
              ) : (
                <Gaps gaps={gaps} label="Open gaps" />
              )}
            </Panel>
            <Panel title="Roles" beside="records still to read">
              <Roles pipeline={pipeline} />
            </Panel>
            <Panel title="Endpoints" beside="what each has proven">
              <Endpoints pipeline={pipeline} />
            </Panel>
            <Panel title="Stored" beside="how far the sink has come">
              <Stored pipeline={pipeline} />
            </Panel>
            <Panel title="Gateway" beside="what it reaches">
              <Health health={health} />
            </Panel>
            <Panel title="Closed gaps" wide beside="the newest 20">
              <Closed />
            </Panel>
          </div>
        )}
      </Answer>
    </>
  );
}

type Of = Pick<PipelineQuery, 'pipeline'>;

function Chain({ pipeline }: Of): ReactNode {
  const { chainSlot, chainSlotUnknown, slotsBehind, lagMs, provenSlot, provenAt } = pipeline;
  const unproven = 'A partition has proven nothing yet.';
  return (
    <Facts>
      <Fact name="Chain, finalised slot">
        <Known value={chainSlot} why={chainSlotUnknown}>
          {grouped(chainSlot ?? '')}
        </Known>
      </Fact>
      <Fact name="Proven up to">
        <Known value={provenSlot} why={unproven}>
          {grouped(provenSlot ?? '')}
        </Known>
      </Fact>
      <Fact name="Slots behind">
        <Known value={slotsBehind} why={chainSlotUnknown ?? unproven}>
          {grouped(slotsBehind ?? '')}
        </Known>
      </Fact>
      <Fact name="The chain was there">
        <Known value={provenAt} why={unproven}>
          <At iso={provenAt ?? ''} />
          {lagMs !== null && `, ${duration(Number(lagMs))} ago`}
        </Known>
      </Fact>
    </Facts>
  );
}

function Roles({ pipeline: { roles, rolesUnknown } }: Of): ReactNode {
  if (roles === null) return <Unknown why={rolesUnknown ?? 'The gateway gave no reason.'} />;
  if (roles.length === 0) return <p className="none">No consumer group is there.</p>;
  return (
    <Table label="Roles" head={['Group', 'Topic', 'num:Records behind']}>
      {roles.map(({ group, topic, recordsBehind, unknown }) => (
        <tr key={`${group} ${topic}`}>
          <td>{group}</td>
          <td>{topic}</td>
          <td className="num">
            <Known value={recordsBehind} why={unknown}>
              {grouped(recordsBehind ?? '')}
            </Known>
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Endpoints({ pipeline: { endpoints, chainSlotUnknown } }: Of): ReactNode {
  if (endpoints.length === 0) return <p className="none">No endpoint has proven anything.</p>;
  return (
    <Table label="Endpoints" head={['Endpoint', 'Listener', 'wide:Method', 'num:To slot', 'num:Behind']}>
      {endpoints.map(({ source, method, endpoint, toSlot, slotsBehind }) => (
        <tr key={`${source} ${method} ${endpoint}`}>
          <td>{endpoint}</td>
          <td>{source}</td>
          <td className="wide">{method}</td>
          <td className="num">{grouped(toSlot)}</td>
          <td className="num">
            <Known value={slotsBehind} why={chainSlotUnknown}>
              {grouped(slotsBehind ?? '')}
            </Known>
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Stored({ pipeline: { stored } }: Of): ReactNode {
  if (stored.length === 0) return <p className="none">Nothing is stored yet.</p>;
  return (
    <Table label="Stored" head={['Topic', 'num:Partition', 'num:Next offset', 'wide:Moved']}>
      {stored.map(({ topic, partition, nextOffset, at }) => (
        <tr key={`${topic} ${partition}`}>
          <td>{topic}</td>
          <td className="num">{partition}</td>
          <td className="num">{grouped(nextOffset)}</td>
          <td className="wide">
            <At iso={at} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Health({ health: { status, database, queue, program, stale } }: Pick<PipelineQuery, 'health'>): ReactNode {
  const reached = (is: boolean): ReactNode =>
    is ? <Chip tone="good">answers</Chip> : <Chip tone="bad">does not answer</Chip>;
  return (
    <Facts>
      <Fact name="All in all">{status}</Fact>
      <Fact name="Database">{reached(database)}</Fact>
      <Fact name="Kafka">{reached(queue)}</Fact>
      <Fact name="Program on chain">{reached(program)}</Fact>
      {stale && (
        <Fact name="Answers">
          <Unknown word="remembered" why="They are from memory, because the database does not answer." />
        </Fact>
      )}
    </Facts>
  );
}

function Gaps({ gaps, label }: { readonly gaps: readonly GapRowFragment[]; readonly label: string }): ReactNode {
  return (
    <Table label={label} head={['num:From slot', 'num:To slot', 'num:Slots', 'Partitions', 'Why', 'wide:Closed by']}>
      {gaps.map((gap) => (
        <tr key={`${gap.fromSlot} ${gap.toSlot} ${gap.closed?.at ?? ''}`}>
          <td className="num">{grouped(gap.fromSlot)}</td>
          <td className="num">{grouped(gap.toSlot)}</td>
          <td className="num">{grouped(slotCount([gap]))}</td>
          <td>{gap.partitions.join(', ')}</td>
          <td className="said">{gap.why}</td>
          <td className="wide said">
            {gap.closed === null ? (
              <Unknown word="open" why="Events in these slots may be missing." />
            ) : (
              <>
                {gap.closed.source}, {gap.closed.method}, {gap.closed.endpoint}
                {gap.closed.at !== null && (
                  <>
                    , <At iso={gap.closed.at} />
                  </>
                )}
              </>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Closed(): ReactNode {
  const [state, ask] = useQuery({ query: ClosedGapsDocument, requestPolicy: 'cache-and-network' });
  return (
    <Answer of={state} what="closed gaps" again={() => ask({ requestPolicy: 'network-only' })}>
      {({ closedGaps }) =>
        closedGaps.length === 0 ? (
          <p className="none">None is recorded.</p>
        ) : (
          <Gaps gaps={closedGaps} label="Closed gaps" />
        )
      }
    </Answer>
  );
}
