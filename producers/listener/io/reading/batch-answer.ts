/** Reading the answer to a batch of JSON-RPC calls. Pure. */

/**
 * @param firstId Id of the batch's first call; those of the others follow.
 * @returns the result of each call in order, `undefined` where it has none; undefined where this is no answer to a batch at all.
 */
export function batchResults(text: string, firstId: number, count: number): unknown[] | undefined {
  let answers: unknown;
  try {
    answers = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(answers)) return undefined;
  const results = Array.from<unknown>({ length: count });
  let isAnswered = false;
  for (const answer of answers as unknown[]) {
    const { id, result, error } = (answer ?? {}) as { id?: unknown; result?: unknown; error?: unknown };
    const position = typeof id === 'number' ? id - firstId : -1;
    if (result === undefined || (error ?? null) !== null || !(position in results)) continue;
    results[position] = result;
    isAnswered = true;
  }
  return isAnswered ? results : undefined;
}
