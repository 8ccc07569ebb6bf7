import { type ProofBundle, parseProofBundle, verifyBundle } from '@attention-oracle/sdk';
import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { useQuery } from 'urql';
import { RootDocument } from '../operations.generated.ts';
import { Answer } from '../parts/answer.tsx';
import { Chip, SettlementChip } from '../parts/chip.tsx';
import { Fact, Facts, Panel, Title } from '../parts/panel.tsx';
import { To } from '../parts/text.tsx';
import { grouped } from '../words/numbers.ts';

type Outcome = { readonly bundle: ProofBundle; readonly holds: boolean } | { readonly why: string };

function outcomeOf(text: string): Outcome {
  try {
    const bundle = parseProofBundle(text);
    return { bundle, holds: verifyBundle(bundle) };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

export default function VerifyView(): ReactNode {
  const field = useRef<HTMLTextAreaElement>(null);
  const [outcome, setOutcome] = useState<Outcome>();
  const go = (event: FormEvent): void => {
    event.preventDefault();
    setOutcome(outcomeOf(field.current?.value ?? ''));
  };
  return (
    <>
      <Title under="The bundle is checked in this browser, by arithmetic alone. Then the gateway is asked whether its root is known.">
        Verify a proof bundle
      </Title>
      <form className="verify" onSubmit={go}>
        <label htmlFor="bundle">
          The bundle: JSON, as <code>ao proof --json</code> or the view of a leaf gives it
        </label>
        <textarea id="bundle" ref={field} rows={12} spellCheck={false} required />
        <button type="submit">Verify here</button>
      </form>
      {outcome !== undefined && <Said outcome={outcome} />}
    </>
  );
}

function Said({ outcome }: { readonly outcome: Outcome }): ReactNode {
  if ('why' in outcome)
    return (
      <div className="note note-bad" role="alert">
        <p>{outcome.why}</p>
      </div>
    );
  const { bundle, holds } = outcome;
  return (
    <>
      <div className={`note ${holds ? 'note-good' : 'note-bad'}`} role={holds ? 'status' : 'alert'}>
        <p>
          {holds
            ? 'It holds: its claim is a leaf under its root.'
            : 'It does not hold: its claim is not the leaf at this index under its root.'}
          {bundle.tree === undefined &&
            ' The form of the tree is not given, so the length of the path is taken as it is.'}
        </p>
      </div>
      {holds && <Root bundle={bundle} />}
    </>
  );
}

/** Arithmetic says nothing of whose root it is: that the gateway knows. */
function Root({ bundle: { channel, epoch, root } }: { readonly bundle: ProofBundle }): ReactNode {
  const [state, ask] = useQuery({
    query: RootDocument,
    variables: { channel, epoch },
    requestPolicy: 'network-only',
  });
  return (
    <Panel title="Its root">
      <Answer of={state} what="the root" again={() => ask({ requestPolicy: 'network-only' })}>
        {({ root: known }) => (
          <Facts>
            <Fact name="Known here">
              {known === null && (
                <Chip tone="bad">
                  no root of {channel}, epoch {grouped(epoch)}
                </Chip>
              )}
              {known !== null && known.root !== root && <Chip tone="bad">another root: it proves nothing here</Chip>}
              {known !== null && known.root === root && <Chip tone="good">these very bytes</Chip>}
            </Fact>
            {known !== null && known.root === root && (
              <>
                <Fact name="Settlement">
                  <SettlementChip of={known.settlement} />
                </Fact>
                <Fact name="Channel and epoch">
                  <To route={{ view: 'root', channel, epoch }}>
                    {channel}, {grouped(epoch)}
                  </To>
                </Fact>
              </>
            )}
          </Facts>
        )}
      </Answer>
    </Panel>
  );
}
