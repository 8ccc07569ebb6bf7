import type { PageRequest } from '../../core/cursor.ts';

/** Values of a page's statement: the keys of the rows before and behind it, and one row more than asked for. */
export function boundsOf({ after, before, size }: PageRequest): (string | number | null)[] {
  return [after?.[0] ?? null, after?.[1] ?? null, before?.[0] ?? null, before?.[1] ?? null, size + 1];
}
