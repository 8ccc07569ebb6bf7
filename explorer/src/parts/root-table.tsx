import { memo, type ReactNode } from 'react';
import { keyOf } from '../api/root-list.ts';
import type { RootRowFragment } from '../operations.generated.ts';
import { grouped } from '../words/numbers.ts';
import { SettlementChip } from './chip.tsx';
import { Table } from './panel.tsx';
import { At, Mono, To } from './text.tsx';

/** Roots, each a row that changes by itself. */
export function RootTable({
  roots,
  label,
  withChannel = true,
}: {
  readonly roots: readonly RootRowFragment[];
  readonly label: string;
  readonly withChannel?: boolean;
}): ReactNode {
  const head = ['Epoch', 'wide:Root', 'num:Claims', 'wide:Finalised', 'Settlement'];
  return (
    <Table label={label} head={withChannel ? ['Channel', ...head] : head}>
      {roots.map((root) => (
        <Row key={keyOf(root)} root={root} withChannel={withChannel} />
      ))}
    </Table>
  );
}

const Row = memo(function Row({
  root,
  withChannel,
}: {
  readonly root: RootRowFragment;
  readonly withChannel: boolean;
}): ReactNode {
  const { channel, epoch } = root;
  return (
    <tr className="arrives">
      {withChannel && (
        <td>
          <To route={{ view: 'channel', channel }}>{channel}</To>
        </td>
      )}
      <td>
        <To route={{ view: 'root', channel, epoch }}>
          <span className="hidden">Root of epoch </span>
          {grouped(epoch)}
        </To>
      </td>
      <td className="wide">
        <Mono text={root.root} />
      </td>
      <td className="num">{grouped(root.count)}</td>
      <td className="wide">
        <At iso={root.finalizedAt} short />
      </td>
      <td>
        <SettlementChip of={root.settlement} />
      </td>
    </tr>
  );
});
