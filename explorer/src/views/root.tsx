import { type FormEvent, type ReactNode, useEffect, useRef } from 'react';
import { useQuery } from 'urql';
import { useLive } from '../api/live.ts';
import { keyOf } from '../api/root-list.ts';
import { RootDocument, type RootQuery } from '../operations.generated.ts';
import { Answer } from '../parts/answer.tsx';
import { Chip, SettlementChip } from '../parts/chip.tsx';
import { Fact, Facts, Panel, Title } from '../parts/panel.tsx';
import { At, To, Whole } from '../parts/text.tsx';
import { Unknown } from '../parts/uncertain.tsx';
import { hrefOf } from '../routing/route.ts';
import { counted, grouped } from '../words/numbers.ts';
import { settlementSaid } from '../words/settlement.ts';

interface RootViewProps {
  readonly channel: string;
  readonly epoch: string;
}

type Found = NonNullable<RootQuery['root']>;

export function RootView({ channel, epoch }: RootViewProps): ReactNode {
  const { steps, roots } = useLive();
  const key = keyOf({ channel, epoch });
  const [state, ask] = useQuery({
    query: RootDocument,
    variables: { channel, epoch },
    requestPolicy: 'cache-and-network',
  });
  const again = (): void => ask({ requestPolicy: 'network-only' });
  const seen = steps.get(key) ?? 0;
  const isLive = roots?.some((root) => keyOf(root) === key) === true;
  const latest = useRef(again);
  useEffect(() => {
    latest.current = again;
  });
  // The root came, or its ledger went on: the whole is asked for again.
  useEffect(() => {
    if (seen > 0 || isLive) latest.current();
  }, [seen, isLive]);
  return (
    <>
      <Title over={<>Root of epoch {grouped(epoch)}</>}>{channel}</Title>
      <Answer of={state} what="the root" again={again}>
        {({ root }) =>
          root === null ? (
            <p className="none">
              There is no root: the epoch is open, or had no claim of this channel.{' '}
              <To route={{ view: 'epoch', epoch }}>Look at the epoch</To>. It appears here by itself.
            </p>
          ) : (
            <Content root={root} />
          )
        }
      </Answer>
    </>
  );
}

function Content({ root }: { readonly root: Found }): ReactNode {
  const { channel, epoch } = root;
  return (
    <div className="grid">
      <Panel title="Root" wide beside={<SettlementChip of={root.settlement} />}>
        <p className="lead">
          <Whole text={root.root} label="root" />
        </p>
        <Facts>
          <Fact name="Channel">
            <To route={{ view: 'channel', channel }}>{channel}</To>
          </Fact>
          <Fact name="Epoch">
            <To route={{ view: 'epoch', epoch }}>{grouped(epoch)}</To>
          </Fact>
          <Fact name="Claims">{grouped(root.count)}</Fact>
          <Fact name="Slots">
            {grouped(root.startSlot)} to {grouped(root.endSlot)}
          </Fact>
          <Fact name="Recipe">
            {root.recipe}, odd nodes {root.oddNode === 'DUPLICATE' ? 'duplicated' : 'promoted'}
          </Fact>
          <Fact name="Finalised">
            <At iso={root.finalizedAt} />
          </Fact>
        </Facts>
      </Panel>
      <Panel title="Settlement">
        <Settlement root={root} />
      </Panel>
      <Panel title="Proof of a leaf" beside={`leaves 0 to ${grouped(root.count - 1)}`}>
        <LeafForm root={root} />
      </Panel>
    </div>
  );
}

function Settlement({ root: { settlement } }: { readonly root: Found }): ReactNode {
  const { meaning } = settlementSaid(settlement.status, settlement.settled);
  const { receipt } = settlement;
  return (
    <>
      <p>{settlement.reason ?? meaning}</p>
      <ol className="steps">
        {settlement.attempts.map((step) => (
          <li key={`${step.attempt} ${step.status} ${step.at}`} className="arrives">
            <SettlementChip of={{ ...step, settled: false }} />
            <span>
              attempt {step.attempt}
              {step.slot !== null && `, slot ${grouped(step.slot)}`}
              {step.feeLamports !== null && `, ${counted(step.feeLamports, 'lamport')}`}
            </span>
            <span className="soft">
              <At iso={step.at} />
            </span>
            {step.reason !== null && <span className="steps-reason">{step.reason}</span>}
          </li>
        ))}
      </ol>
      <Facts>
        <Fact name="Seen on chain">
          {settlement.seenOnChain ? (
            <Chip tone="good">these very bytes, by the listeners</Chip>
          ) : (
            <Unknown word="not seen yet" why="The listeners have not seen these bytes on chain." />
          )}
        </Fact>
        {receipt !== null && (
          <>
            <Fact name="Transaction">
              <Whole text={receipt.signature} label="signature" />
            </Fact>
            <Fact name="Slot">{grouped(receipt.slot)}</Fact>
            <Fact name="Block time">
              {receipt.blockTime === null ? <Unknown why="The node knew none." /> : <At iso={receipt.blockTime} />}
            </Fact>
            <Fact name="Fee">
              {receipt.feeLamports === null ? (
                <Unknown why="The ledger does not tell, or the transaction is somebody else’s." />
              ) : (
                counted(receipt.feeLamports, 'lamport')
              )}
            </Fact>
            <Fact name="Seen by">{receipt.seenBy.join(', ')}</Fact>
          </>
        )}
      </Facts>
    </>
  );
}

function LeafForm({ root: { channel, epoch, count } }: { readonly root: Found }): ReactNode {
  const field = useRef<HTMLInputElement>(null);
  const go = (event: FormEvent): void => {
    event.preventDefault();
    window.location.hash = hrefOf({ view: 'proof', channel, epoch, index: Number(field.current?.value ?? 0) });
  };
  return (
    <form className="leaf-form" onSubmit={go}>
      <label htmlFor="leaf-index">Index of the leaf</label>
      <input id="leaf-index" ref={field} type="number" min={0} max={count - 1} step={1} defaultValue={0} required />
      <button type="submit">Prove it here</button>
      <p className="soft">The proof is fetched and then verified by your browser, not by the gateway.</p>
    </form>
  );
}
