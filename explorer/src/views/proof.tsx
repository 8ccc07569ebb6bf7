import { type ReactNode, useMemo } from 'react';
import { useQuery } from 'urql';
import { ExplainDocument, type ExplainQuery, ProofDocument } from '../operations.generated.ts';
import { Answer } from '../parts/answer.tsx';
import { Chip } from '../parts/chip.tsx';
import { Fact, Facts, Panel, Table, Title } from '../parts/panel.tsx';
import { At, Mono, To, Wallet, Whole } from '../parts/text.tsx';
import { Known, Unknown } from '../parts/uncertain.tsx';
import { type Checked, checkProof, type ServedProof } from '../proof/check.ts';
import { counted, grouped } from '../words/numbers.ts';
import { refusalSaid } from '../words/settlement.ts';
import { Why } from './wallet.tsx';

interface ProofViewProps {
  readonly channel: string;
  readonly epoch: string;
  readonly index: number;
}

export default function ProofView({ channel, epoch, index }: ProofViewProps): ReactNode {
  const [state, ask] = useQuery({
    query: ProofDocument,
    variables: { channel, epoch, index },
    requestPolicy: 'cache-and-network',
  });
  return (
    <>
      <Title
        over={
          <>
            <To route={{ view: 'root', channel, epoch }}>
              {channel}, root of epoch {grouped(epoch)}
            </To>
          </>
        }
      >
        {`Leaf ${grouped(index)}`}
      </Title>
      <Answer of={state} what="the proof" again={() => ask({ requestPolicy: 'network-only' })}>
        {({ proof, root }) =>
          proof === null || root === null ? (
            <p className="none">{absence(root?.count, index)}</p>
          ) : (
            <div className="grid">
              <Check proof={proof} leafCount={root.count} />
              <Panel title="Can it be claimed?">
                <Claimability proof={proof} />
              </Panel>
              <Panel title="Where it comes from">
                <Origin {...{ channel, epoch, index }} />
              </Panel>
            </div>
          )
        }
      </Answer>
    </>
  );
}

function absence(leaves: number | undefined, index: number): string {
  if (leaves === undefined) return 'The channel has no root of this epoch: it is open, or had no claim.';
  return index < leaves
    ? 'The tree of this root is not stored yet, or differs from it: no proof is served from such a tree. Ask again later.'
    : `The root has ${grouped(leaves)} leaves, the last is ${grouped(leaves - 1)}.`;
}

function Check({ proof, leafCount }: { readonly proof: ServedProof; readonly leafCount: number }): ReactNode {
  const checked = useMemo((): Checked | string => {
    try {
      return checkProof(proof, leafCount);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }, [proof, leafCount]);
  return (
    <Panel title="Verified in this browser" wide beside="by the SDK; the gateway is not asked whether it holds">
      <Verdict checked={checked} />
      <Facts>
        <Fact name="Wallet">
          <Wallet address={proof.user} />
        </Fact>
        <Fact name="Amount, base units">{grouped(proof.amount)}</Fact>
        <Fact name="Id">{proof.id}</Fact>
        <Fact name="Recipe">{proof.recipe}</Fact>
      </Facts>
      {typeof checked !== 'string' && <Ladder proof={proof} checked={checked} />}
    </Panel>
  );
}

function Verdict({ checked }: { readonly checked: Checked | string }): ReactNode {
  if (typeof checked === 'string')
    return (
      <div className="note note-bad" role="status">
        <p>What the gateway served is no proof: {checked}</p>
      </div>
    );
  return checked.holds ? (
    <div className="note note-good" role="status">
      <p>It holds: the leaf is made of this claim, and leads to the root, at its index and with its whole path.</p>
    </div>
  ) : (
    <div className="note note-bad" role="status">
      <p>It does not hold: this claim is not the leaf at this index under the root. Tell the operator.</p>
    </div>
  );
}

function Ladder({
  proof,
  checked: { rungs, bundle },
}: {
  readonly proof: ServedProof;
  readonly checked: Checked;
}): ReactNode {
  const text = JSON.stringify(bundle, null, 2);
  return (
    <>
      <ol className="ladder" aria-label="From the leaf to the root">
        <li>
          <span className="soft">leaf</span> <Mono text={proof.leaf} ends={12} />
        </li>
        {rungs.map(({ sibling, node }, level) => (
          <li key={`${level} ${node}`}>
            <span className="soft">with {level === 0 ? 'its sibling' : 'the next'}</span>{' '}
            <Mono text={sibling} ends={8} />{' '}
            <span className="ladder-gives">
              <span className="soft">{level === rungs.length - 1 ? 'root' : 'gives'}</span>{' '}
              <Mono text={node} ends={12} />
            </span>
          </li>
        ))}
        <li>
          <span className="soft">root as served</span> <Mono text={proof.root} ends={12} />
        </li>
      </ol>
      <details>
        <summary>The proof bundle, to keep or to send</summary>
        <pre tabIndex={0}>{text}</pre>
        <p className="soft">
          <code>ao verify</code> and <To route={{ view: 'verify' }}>this page</To> take it, offline.
        </p>
      </details>
    </>
  );
}

function Claimability({ proof }: { readonly proof: ServedProof }): ReactNode {
  const { claimability, settled, signature } = proof;
  return (
    <>
      {claimability.claimable === true && (
        <p>
          <Chip tone="good">claimable</Chip> The program would accept it now.
        </p>
      )}
      {claimability.claimable !== true && <Why {...proof} />}
      <Facts>
        <Fact name="Root on chain">
          {settled ? (
            <Chip tone="good">settled</Chip>
          ) : (
            <Unknown word="not yet" why="The root is not final on chain." />
          )}
        </Fact>
        <Fact name="Published by">
          {signature === null ? <Unknown word="nobody yet" why="It is not settled." /> : <Mono text={signature} />}
        </Fact>
        <Fact name="As the chain was">
          <Known value={claimability.slot} why={refusalSaid(claimability.reason)}>
            slot {grouped(claimability.slot ?? '')}
            {claimability.at !== null && (
              <>
                , <At iso={claimability.at} />
              </>
            )}
          </Known>
        </Fact>
        {claimability.replacedByEpoch !== null && (
          <Fact name="Until">
            epoch {grouped(claimability.replacedByEpoch)} takes its place in the ring
            {claimability.replacedAbout === null ? (
              <>
                {' '}
                <Unknown word="when is unknown" why="The pace of the cluster is not measured yet." />
              </>
            ) : (
              <>
                , about <At iso={claimability.replacedAbout} /> or later
              </>
            )}
          </Fact>
        )}
      </Facts>
    </>
  );
}

function Origin({ channel, epoch, index }: ProofViewProps): ReactNode {
  const [state, ask] = useQuery({ query: ExplainDocument, variables: { channel, epoch, index } });
  return (
    <Answer of={state} what="where it comes from" again={() => ask({ requestPolicy: 'network-only' })}>
      {({ explain }) =>
        explain === null ? (
          <p className="none">The leaf’s transaction is not known here.</p>
        ) : (
          <Explained leaf={explain} />
        )
      }
    </Answer>
  );
}

function Explained({ leaf }: { readonly leaf: NonNullable<ExplainQuery['explain']> }): ReactNode {
  return (
    <>
      <Facts>
        <Fact name="Transaction">
          <Whole text={leaf.signature} label="signature" />
        </Fact>
        <Fact name="Slot">{grouped(leaf.slot)}</Fact>
        <Fact name="Instruction">{leaf.instruction}</Fact>
        <Fact name="Vouched for by">
          {leaf.vouchers.length === 0 ? (
            <Unknown word="nobody named" why="No listener is recorded." />
          ) : (
            leaf.vouchers.join(', ')
          )}
        </Fact>
        <Fact name="Its bytes on chain">
          <Known value={leaf.instructionBytes} why={leaf.instructionBytesUnknown}>
            <details>
              <summary>{counted((leaf.instructionBytes ?? '').length / 2, 'byte')}</summary>
              <span className="mono">{leaf.instructionBytes}</span>
            </details>
          </Known>
        </Fact>
      </Facts>
      {leaf.provenBy.length === 0 ? (
        <p className="soft">No range proves its slot: a record at commitment finalized did so before any range.</p>
      ) : (
        <Table label="What proves its slot" head={['Listener', 'Method', 'num:From slot', 'num:To slot']}>
          {leaf.provenBy.map((range) => (
            <tr key={`${range.source} ${range.method} ${range.fromSlot}`}>
              <td>{range.source}</td>
              <td>{range.method}</td>
              <td className="num">{grouped(range.fromSlot)}</td>
              <td className="num">{grouped(range.toSlot)}</td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
