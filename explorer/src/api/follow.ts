/** A subscription through lost connections and restarts: each new one begins after the cursor of the last item. */

export type FeedState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Nothing comes now; it is tried again by itself. */
  | { readonly kind: 'away'; readonly sinceMs: number; readonly why: string }
  /** The gateway refuses to go on after this cursor: only a person can decide to begin anew. */
  | { readonly kind: 'refused'; readonly why: string };

export interface Ending {
  readonly why: string;
  /** Whether the same again can help. */
  readonly canResume: boolean;
}

export interface Source<Item> {
  /** Where the subscription stands now: what follows it comes. @throws Error while the gateway does not answer. */
  cursorNow(): Promise<string>;
  /** Begins one subscription. @returns what ends it. */
  subscribe(
    after: string,
    sink: { item(item: Item, cursor: string): void; opened(): void; ended(ending: Ending): void },
  ): () => void;
}

export interface FollowOptions<Item> {
  readonly source: Source<Item>;
  onItem(item: Item): void;
  onState(state: FeedState): void;
  /** Begins later. @returns what takes it back. */
  later(begin: () => void, pauseMs: number): () => void;
  nowMs(): number;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;

/** @returns what ends it. */
export function follow<Item>({ source, onItem, onState, later, nowMs }: FollowOptions<Item>): () => void {
  let cursor: string | undefined;
  let failures = 0;
  let awaySinceMs: number | undefined;
  let isOver = false;
  let leave = (): void => undefined;

  const again = (why: string): void => {
    if (isOver) return;
    awaySinceMs ??= nowMs();
    onState({ kind: 'away', sinceMs: awaySinceMs, why });
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10));
    failures += 1;
    leave = later(begin, pauseMs);
  };
  const subscribe = (after: string): void => {
    let isMine = true;
    const end = source.subscribe(after, {
      opened() {
        if (!isMine || isOver) return;
        failures = 0;
        awaySinceMs = undefined;
        onState({ kind: 'live' });
      },
      item(item, at) {
        if (!isMine || isOver) return;
        cursor = at;
        onItem(item);
      },
      ended({ why, canResume }) {
        if (!isMine || isOver) return;
        isMine = false;
        if (canResume) again(why);
        else onState({ kind: 'refused', why });
      },
    });
    leave = () => {
      isMine = false;
      end();
    };
  };
  const begin = (): void => {
    if (isOver) return;
    if (cursor !== undefined) {
      subscribe(cursor);
      return;
    }
    source.cursorNow().then(
      (now) => {
        if (isOver) return;
        cursor = now;
        subscribe(now);
      },
      (error: unknown) => again(error instanceof Error ? error.message : String(error)),
    );
  };

  onState({ kind: 'connecting' });
  begin();
  return () => {
    isOver = true;
    leave();
  };
}
