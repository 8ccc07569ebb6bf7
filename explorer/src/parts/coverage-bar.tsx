import type { ReactNode } from 'react';
import type { EpochQuery } from '../operations.generated.ts';
import { partOf, provenShare, type Slots, slotCount } from '../words/coverage.ts';
import { counted } from '../words/numbers.ts';

export type EpochAnswer = NonNullable<EpochQuery['epoch']>;

function Parts({
  ranges,
  epoch,
  className,
}: {
  readonly ranges: readonly Slots[];
  readonly epoch: Slots;
  readonly className: string;
}): ReactNode {
  return ranges.map((range) => {
    const part = partOf(range, epoch);
    if (part === undefined) return null;
    const style = { left: `${part.left}%`, width: `max(2px, ${part.width}%)` };
    return <span key={range.fromSlot} className={className} style={style} />;
  });
}

/** How much of an epoch is proven, in a sentence. */
export function coverageSaid({ complete, holes, startSlot, endSlot }: Omit<EpochAnswer, 'roots'>): string {
  if (complete) return 'every slot proven';
  const share = provenShare(holes, { fromSlot: startSlot, toSlot: endSlot });
  return `${share} proven, ${counted(slotCount(holes), 'slot')} not yet, in ${counted(holes.length, 'range')}`;
}

/** The slots of an epoch from left to right: proven ones full, those that nobody has proven hatched. */
export function CoverageBar({
  epoch,
  source,
}: {
  readonly epoch: EpochAnswer;
  /** Of one listener and method only; default: of all together. */
  readonly source?: { readonly source: string; readonly method: string };
}): ReactNode {
  const slots = { fromSlot: epoch.startSlot, toSlot: epoch.endSlot };
  if (source === undefined)
    return (
      <span className="bar bar-proven" role="img" aria-label={coverageSaid(epoch)}>
        <Parts ranges={epoch.holes} epoch={slots} className="bar-hole" />
      </span>
    );
  const ranges = epoch.coverage.filter((range) => range.source === source.source && range.method === source.method);
  const said = `${counted(ranges.length, 'range')} proven by ${source.source}, ${source.method}`;
  return (
    <span className="bar bar-open" role="img" aria-label={said}>
      <Parts ranges={ranges} epoch={slots} className="bar-range" />
    </span>
  );
}
