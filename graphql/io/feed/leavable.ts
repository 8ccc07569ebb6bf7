/** An iterator that can be left while it waits for its next item. */

export interface Leavable<Item> {
  readonly items: AsyncIterableIterator<Item>;
  /** Ends it, from the outside. */
  leave(): void;
}

/**
 * @param generate Must end soon after `left` resolves, also while it waits.
 * @param onLeft Called at every end, more than once maybe.
 */
export function leavable<Item>(
  generate: (left: Promise<undefined>) => AsyncGenerator<Item, void, void>,
  onLeft: () => void,
): Leavable<Item> {
  const left = Promise.withResolvers<undefined>();
  const generated = generate(left.promise);
  const leave = (): void => {
    onLeft();
    left.resolve(undefined);
  };
  const items: AsyncIterableIterator<Item> = {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const result = await generated.next();
        if (result.done === true) leave();
        return result;
      } catch (error) {
        leave();
        throw error;
      }
    },
    async return() {
      leave();
      return generated.return(undefined);
    },
  };
  return { items, leave };
}
