import { type ReactNode, useState } from 'react';
import { useQuery } from 'urql';
import { ClaimsDocument, type ClaimsQuery, WhyNotClaimableDocument } from '../operations.generated.ts';
import { Answer } from '../parts/answer.tsx';
import { Chip } from '../parts/chip.tsx';
import { Table, Title } from '../parts/panel.tsx';
import { At, To, Whole } from '../parts/text.tsx';
import { Unknown } from '../parts/uncertain.tsx';
import { claimSaid } from '../words/claims.ts';
import { grouped } from '../words/numbers.ts';
import { refusalSaid } from '../words/settlement.ts';

const PAGE = 50;

type Claim = ClaimsQuery['claims']['edges'][number]['node'];

export function WalletView({ address }: { readonly address: string }): ReactNode {
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null]);
  return (
    <>
      <Title over="Wallet" under={<Whole text={address} label="address" />}>
        Claims
      </Title>
      {cursors.map((after, at) => (
        <Page
          key={after ?? 'first'}
          {...{ address, after }}
          onMore={at === cursors.length - 1 ? (next) => setCursors([...cursors, next]) : undefined}
        />
      ))}
    </>
  );
}

interface PageProps {
  readonly address: string;
  readonly after: string | null;
  readonly onMore: ((cursor: string) => void) | undefined;
}

function Page({ address, after, onMore }: PageProps): ReactNode {
  const [state, ask] = useQuery({
    query: ClaimsDocument,
    variables: { user: address, first: PAGE, after },
    requestPolicy: 'cache-and-network',
  });
  return (
    <Answer of={state} what="the claims" again={() => ask({ requestPolicy: 'network-only' })}>
      {({ claims: { edges, pageInfo } }) => {
        if (edges.length === 0) return <p className="none">No claim of this wallet is stored here.</p>;
        const next = pageInfo.hasNextPage ? pageInfo.endCursor : null;
        return (
          <>
            <Table
              label={after === null ? 'Claims' : 'Older claims'}
              head={['Channel', 'Epoch', 'num:Amount', 'wide:num:Slot', 'wide:When', 'State', 'Leaf']}
            >
              {edges.map(({ node }) => (
                <Row key={node.eventId} claim={node} user={address} />
              ))}
            </Table>
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

function Row({ claim, user }: { readonly claim: Claim; readonly user: string }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { channel, epoch, amount, slot, claimedAt, status, index } = claim;
  const { word, meaning, tone } = claimSaid(status);
  return (
    <>
      <tr>
        <td>
          <To route={{ view: 'channel', channel }}>{channel}</To>
        </td>
        <td>
          <To route={{ view: 'root', channel, epoch }}>
            <span className="hidden">Root of epoch </span>
            {grouped(epoch)}
          </To>
        </td>
        <td className="num">{grouped(amount)}</td>
        <td className="wide num">{grouped(slot)}</td>
        <td className="wide">
          {claimedAt === null ? <Unknown why="The block has no time." /> : <At iso={claimedAt} />}
        </td>
        <td>
          <Chip tone={tone} title={meaning}>
            {word}
          </Chip>
        </td>
        <td>
          {index === null ? (
            <span className="soft">no leaf yet</span>
          ) : (
            <>
              <To route={{ view: 'proof', channel, epoch, index }}>
                <span className="hidden">proof of </span>leaf {grouped(index)}
              </To>{' '}
              <button type="button" className="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
                claimable?
              </button>
            </>
          )}
        </td>
      </tr>
      {isOpen && index !== null && (
        <tr>
          <td colSpan={7} className="said">
            <Why {...{ user, channel, epoch, index }} />
          </td>
        </tr>
      )}
    </>
  );
}

interface WhyProps {
  readonly user: string;
  readonly channel: string;
  readonly epoch: string;
  readonly index: number;
}

/** Whether the program would accept a claim now, why not, and what can be done. */
export function Why({ user, channel, epoch, index }: WhyProps): ReactNode {
  const [state, ask] = useQuery({
    query: WhyNotClaimableDocument,
    variables: { user, channel, epoch },
    requestPolicy: 'cache-and-network',
  });
  return (
    <Answer of={state} what="what the chain says" again={() => ask({ requestPolicy: 'network-only' })}>
      {({ whyNotClaimable }) => {
        const refusal = whyNotClaimable.find((one) => one.index === index || one.index === null);
        if (refusal === undefined)
          return (
            <p>
              <Chip tone="good">claimable</Chip> The program would accept a claim with this leaf now.
            </p>
          );
        return (
          <p>
            {refusal.claimable === null ? (
              <Unknown word="nobody knows" why={refusalSaid(refusal.reason)} />
            ) : (
              <>
                <Chip tone="bad">refused</Chip> {refusalSaid(refusal.reason)}
              </>
            )}
            {refusal.programError !== null && <span className="soft"> Program error {refusal.programError}.</span>}{' '}
            {refusal.whatToDo}
          </p>
        );
      }}
    </Answer>
  );
}
