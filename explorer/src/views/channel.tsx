import type { ReactNode } from 'react';
import { useLive } from '../api/live.ts';
import { Chip } from '../parts/chip.tsx';
import { Panel, Table, Title } from '../parts/panel.tsx';
import { To, Wallet } from '../parts/text.tsx';
import { grouped } from '../words/numbers.ts';
import { RootPages } from './roots.tsx';

export function ChannelView({ channel }: { readonly channel: string }): ReactNode {
  const { claims } = useLive();
  const mine = claims.filter((claim) => claim.channel === channel);
  return (
    <>
      <Title over="Channel">{channel}</Title>
      <div className="grid">
        <Panel title="Roots">
          <RootPages channel={channel} />
        </Panel>
        <Panel title="Claims as they come" beside="before they are proven">
          {mine.length === 0 && <p className="none">None of this channel has come since the page was opened.</p>}
          {mine.length > 0 && (
            <Table label="Claims of this channel" head={['Wallet', 'num:Amount', 'num:Slot', 'State']}>
              {mine.map(({ eventId, user, amount, slot, retracted }) => (
                <tr key={eventId} className="arrives">
                  <td>
                    <Wallet address={user} />
                  </td>
                  <td className="num">{grouped(amount)}</td>
                  <td className="num">{grouped(slot)}</td>
                  <td>{retracted ? <Chip tone="bad">taken back</Chip> : <Chip tone="under-way">seen</Chip>}</td>
                </tr>
              ))}
            </Table>
          )}
        </Panel>
      </div>
      <p className="aside">
        <To route={{ view: 'overview' }}>All channels</To>
      </p>
    </>
  );
}
