import type { ReactNode } from 'react';
import type { RootRowFragment } from '../operations.generated.ts';
import { settlementSaid, type Tone } from '../words/settlement.ts';

export function Chip({
  tone,
  children,
  title,
}: {
  readonly tone: Tone;
  readonly children: ReactNode;
  readonly title?: string;
}): ReactNode {
  return (
    <span className={`chip chip-${tone}`} title={title}>
      {children}
    </span>
  );
}

export function SettlementChip({
  of: { status, settled, reason },
}: {
  readonly of: Pick<RootRowFragment['settlement'], 'status' | 'settled' | 'reason'>;
}): ReactNode {
  const { word, meaning, tone } = settlementSaid(status, settled);
  return (
    <Chip key={word} tone={tone} title={reason ?? meaning}>
      {word}
    </Chip>
  );
}
