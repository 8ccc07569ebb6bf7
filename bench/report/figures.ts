/** Numbers of a result, by where they stand in it. Pure. */

export interface Figure {
  /** Keys from the outside in. */
  readonly path: readonly string[];
  readonly value: number;
}

/** Figures of one kind: the same last key, under different ones before it. */
export interface Group {
  readonly title: string;
  readonly bars: readonly { readonly label: string; readonly value: number }[];
}

const MAX_BARS = 24;

export function figuresOf(result: unknown, path: readonly string[] = []): Figure[] {
  if (typeof result === 'number') return Number.isFinite(result) ? [{ path, value: result }] : [];
  if (typeof result !== 'object' || result === null) return [];
  return Object.entries(result).flatMap(([key, value]) => figuresOf(value, [...path, key]));
}

/** What can be drawn side by side. */
export function groupsOf(figures: readonly Figure[]): Group[] {
  const groups = new Map<string, { label: string; value: number }[]>();
  for (const { path, value } of figures) {
    const title = path.at(-1) ?? '';
    const bars = groups.get(title) ?? [];
    bars.push({ label: path.slice(0, -1).join(' '), value });
    groups.set(title, bars);
  }
  return [...groups]
    .filter(([, bars]) => bars.length > 1 && bars.length <= MAX_BARS && bars.some(({ value }) => value !== 0))
    .map(([title, bars]) => ({ title, bars }));
}
