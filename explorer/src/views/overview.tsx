import type { ReactNode } from 'react';
import { beginAgain, useLive } from '../api/live.ts';
import { channelsOf } from '../api/root-list.ts';
import { Failure, Waiting } from '../parts/answer.tsx';
import { Chip, SettlementChip } from '../parts/chip.tsx';
import { LiveChart } from '../parts/live-chart.tsx';
import { Panel, Table, Title } from '../parts/panel.tsx';
import { RootTable } from '../parts/root-table.tsx';
import { To, Wallet } from '../parts/text.tsx';
import { counted, grouped } from '../words/numbers.ts';

const SHOWN = 12;

export function OverviewView(): ReactNode {
  const { roots, rootsUnknown, claims, seconds } = useLive();
  return (
    <>
      <Title under="Who watched, proven slot by slot, and what became of it on chain.">Attention, accounted for</Title>
      <div className="grid">
        <Panel title="Now" wide beside="the last five minutes of this page">
          <LiveChart seconds={seconds} />
        </Panel>
        <Panel title="Newest roots" beside={<To route={{ view: 'roots' }}>all roots</To>}>
          {roots === undefined ? (
            <NotRead why={rootsUnknown} what="the roots" />
          ) : (
            <Roots roots={roots.slice(0, SHOWN)} />
          )}
        </Panel>
        <Panel title="Channels" beside={roots && `of the newest ${counted(roots.length, 'root')}`}>
          {roots === undefined ? <NotRead why={rootsUnknown} what="the channels" /> : <Channels roots={roots} />}
        </Panel>
        <Panel title="Claims as they come" wide beside="before they are proven">
          <Claims claims={claims} />
        </Panel>
      </div>
    </>
  );
}

function NotRead({ why, what }: { readonly why: string | undefined; readonly what: string }): ReactNode {
  return why === undefined ? <Waiting what={what} /> : <Failure why={`${why} It is tried again.`} again={beginAgain} />;
}

type Roots = NonNullable<ReturnType<typeof useLive>['roots']>;

function Roots({ roots }: { readonly roots: Roots }): ReactNode {
  if (roots.length === 0)
    return <p className="none">No root yet: an epoch gets its roots once it is over and every slot of it is proven.</p>;
  return <RootTable roots={roots} label="Newest roots" />;
}

function Channels({ roots }: { readonly roots: Roots }): ReactNode {
  if (roots.length === 0) return <p className="none">No channel has a root yet.</p>;
  return (
    <Table label="Channels" head={['Channel', 'Newest epoch', 'num:Roots', 'num:Claims', 'wide:Settlement']}>
      {channelsOf(roots).map(({ channel, newest, roots: count, claims }) => (
        <tr key={channel}>
          <td>
            <To route={{ view: 'channel', channel }}>{channel}</To>
          </td>
          <td>
            <To route={{ view: 'root', channel, epoch: newest.epoch }}>
              <span className="hidden">Root of epoch </span>
              {grouped(newest.epoch)}
            </To>
          </td>
          <td className="num">{grouped(count)}</td>
          <td className="num">{grouped(claims)}</td>
          <td className="wide">
            <SettlementChip of={newest.settlement} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Claims({ claims }: Pick<ReturnType<typeof useLive>, 'claims'>): ReactNode {
  if (claims.length === 0) return <p className="none">None has come since the page was opened.</p>;
  return (
    <Table label="Claims as they come" head={['Channel', 'Wallet', 'num:Amount', 'wide:num:Slot', 'State']}>
      {claims.slice(0, SHOWN).map(({ eventId, channel, user, amount, slot, retracted }) => (
        <tr key={eventId} className="arrives">
          <td>
            <To route={{ view: 'channel', channel }}>{channel}</To>
          </td>
          <td>
            <Wallet address={user} />
          </td>
          <td className="num">{grouped(amount)}</td>
          <td className="wide num">{grouped(slot)}</td>
          <td>{retracted ? <Chip tone="bad">taken back</Chip> : <Chip tone="under-way">seen</Chip>}</td>
        </tr>
      ))}
    </Table>
  );
}
