import type { ReactNode } from 'react';
import { Title } from '../parts/panel.tsx';
import { To } from '../parts/text.tsx';

export function NowhereView({ text }: { readonly text: string }): ReactNode {
  return (
    <>
      <Title>Nothing is here</Title>
      <p>
        <span className="mono">{text.slice(0, 200)}</span> is no view of this page. Look for a channel, an epoch or a
        wallet above, or begin at the <To route={{ view: 'overview' }}>overview</To>.
      </p>
    </>
  );
}
