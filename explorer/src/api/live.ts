/** What the page knows of everything live, for all views together: at most one change a frame, however much comes. */

import { useSyncExternalStore } from 'react';
import {
  ClaimIngestedDocument,
  type ClaimIngestedSubscription,
  CursorsDocument,
  RootFinalizedDocument,
  type RootFinalizedSubscription,
  type RootRowFragment,
  RootsDocument,
  SettlementUpdatedDocument,
  type SettlementUpdatedSubscription,
} from '../operations.generated.ts';
import { gateway, reasonOf, subscription } from './client.ts';
import { type FeedState, follow } from './follow.ts';
import { afterStep, keyOf, newestFirst, type Step } from './root-list.ts';

type LiveClaim = ClaimIngestedSubscription['claimIngested'];

/** What came in a second; `behind`, slots, is null where it was not known, undefined where nobody asked. */
export interface Second {
  readonly at: number;
  claims: number;
  behind: number | null | undefined;
}

export interface Live {
  readonly feeds: { readonly roots: FeedState; readonly settlements: FeedState; readonly claims: FeedState };
  /** Newest first; undefined until they were read. */
  readonly roots: readonly RootRowFragment[] | undefined;
  /** Why the roots could not be read yet. */
  readonly rootsUnknown: string | undefined;
  /** Newest first. */
  readonly claims: readonly LiveClaim[];
  readonly seconds: readonly Second[];
  /** By `keyOf` a root: how many steps of its settlement came. */
  readonly steps: ReadonlyMap<string, number>;
}

const PAGE = 100;
const MOST_ROOTS = 300;
const MOST_STEPS = 500;
const MOST_CLAIMS = 40;
const MOST_SECONDS = 300;
const PAUSE_MS = 1500;

const CONNECTING: FeedState = { kind: 'connecting' };
const NOTHING: Live = {
  feeds: { roots: CONNECTING, settlements: CONNECTING, claims: CONNECTING },
  roots: undefined,
  rootsUnknown: undefined,
  claims: [],
  seconds: [],
  steps: new Map(),
};

let shown = NOTHING;
const listeners = new Set<() => void>();
let frame: number | undefined;

const roots = new Map<string, RootRowFragment>();
const steps = new Map<string, { readonly last: Step; readonly seen: number }>();
let claims: LiveClaim[] = [];
let seconds: Second[] = [];
let hasRoots = false;
let rootsUnknown: string | undefined;
let feeds = NOTHING.feeds;

function changed(): void {
  frame ??= requestAnimationFrame(() => {
    frame = undefined;
    const sorted = [...roots.values()].sort(newestFirst);
    for (const old of sorted.splice(MOST_ROOTS)) roots.delete(keyOf(old));
    shown = {
      ...{ feeds, rootsUnknown, claims, seconds: seconds.slice() },
      roots: hasRoots ? sorted : undefined,
      steps: new Map([...steps].map(([key, { seen }]) => [key, seen])),
    };
    for (const tell of listeners) tell();
  });
}

function second(): Second {
  const at = Math.floor(Date.now() / 1000);
  const last = seconds.at(-1);
  if (last?.at === at) return last;
  const first = last === undefined ? at : Math.max(last.at + 1, at - MOST_SECONDS + 1);
  const more = Array.from({ length: at - first + 1 }, (_, n) => ({ at: first + n, claims: 0, behind: undefined }));
  seconds = [...seconds, ...more].slice(-MOST_SECONDS);
  return seconds.at(-1) as Second;
}

/** Slots behind the chain now; null where that is not known. */
export function noteBehind(behind: number | null): void {
  second().behind = behind;
  changed();
}

let asked: Promise<Record<'rootFinalized' | 'settlementUpdated' | 'claimIngested', string>> | undefined;

/** One question for the three subscriptions that begin together. */
async function cursors(): Promise<Record<'rootFinalized' | 'settlementUpdated' | 'claimIngested', string>> {
  asked ??= gateway
    .query(CursorsDocument, {}, { requestPolicy: 'network-only' })
    .toPromise()
    .then(({ data, error }) => {
      if (data === undefined) throw new Error(error === undefined ? 'The gateway does not answer.' : reasonOf(error));
      return data.cursors;
    })
    .finally(() => {
      asked = undefined;
    });
  return asked;
}

const shared = {
  later(begin: () => void, pauseMs: number) {
    const timer = setTimeout(begin, pauseMs);
    return () => clearTimeout(timer);
  },
  nowMs: () => Date.now(),
};

function setFeed(name: keyof Live['feeds']): (state: FeedState) => void {
  return (state) => {
    feeds = { ...feeds, [name]: state };
    changed();
  };
}

/** After the cursors were asked for, so that nothing falls between this list and what comes. */
function readRoots(isOver: () => boolean): void {
  void gateway
    .query(RootsDocument, { first: PAGE }, { requestPolicy: 'network-only' })
    .toPromise()
    .then(({ data, error }) => {
      if (isOver()) return;
      if (data === undefined) {
        rootsUnknown = error === undefined ? 'The gateway does not answer.' : reasonOf(error);
        setTimeout(() => readRoots(isOver), PAUSE_MS);
      } else {
        rootsUnknown = undefined;
        hasRoots = true;
        for (const { node } of data.roots.edges) {
          // A step that came first: the list may be older, and if it is newer, what it knows more of comes too.
          const step = steps.get(keyOf(node))?.last;
          roots.set(keyOf(node), step === undefined ? node : afterStep(node, step));
        }
      }
      changed();
    });
}

function start(): () => void {
  let isOver = false;
  let isReading = false;
  const afterCursors = async (): Promise<Record<'rootFinalized' | 'settlementUpdated' | 'claimIngested', string>> => {
    const told = await cursors();
    if (!isReading) {
      isReading = true;
      readRoots(() => isOver);
    }
    return told;
  };
  const endings = [
    follow({
      ...shared,
      source: subscription(
        RootFinalizedDocument,
        (data: RootFinalizedSubscription) => data.rootFinalized,
        async () => (await afterCursors()).rootFinalized,
      ),
      onState: setFeed('roots'),
      onItem(root) {
        // The list may have been read after this root came, and know more of it.
        if (!roots.has(keyOf(root))) roots.set(keyOf(root), root);
        changed();
      },
    }),
    follow({
      ...shared,
      source: subscription(
        SettlementUpdatedDocument,
        (data: SettlementUpdatedSubscription) => data.settlementUpdated,
        async () => (await afterCursors()).settlementUpdated,
      ),
      onState: setFeed('settlements'),
      onItem(step) {
        const key = keyOf(step);
        const root = roots.get(key);
        if (root !== undefined) roots.set(key, afterStep(root, step));
        const seen = (steps.get(key)?.seen ?? 0) + 1;
        steps.delete(key);
        steps.set(key, { last: step, seen });
        const [oldest] = steps.keys();
        if (steps.size > MOST_STEPS && oldest !== undefined) steps.delete(oldest);
        changed();
      },
    }),
    follow({
      ...shared,
      source: subscription(
        ClaimIngestedDocument,
        (data: ClaimIngestedSubscription) => data.claimIngested,
        async () => (await afterCursors()).claimIngested,
      ),
      onState: setFeed('claims'),
      onItem(claim) {
        second().claims += 1;
        claims = [claim, ...claims.filter(({ eventId }) => eventId !== claim.eventId)].slice(0, MOST_CLAIMS);
        changed();
      },
    }),
  ];
  return () => {
    isOver = true;
    for (const end of endings) end();
  };
}

let stop: (() => void) | undefined;

/** Forgets all and reads it anew: for who was told that the gateway does not know the place any more. */
export function beginAgain(): void {
  stop?.();
  roots.clear();
  steps.clear();
  claims = [];
  hasRoots = false;
  feeds = NOTHING.feeds;
  stop = start();
  changed();
}

function listen(tell: () => void): () => void {
  stop ??= start();
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** Everything live, always the newest. */
export function useLive(): Live {
  return useSyncExternalStore(listen, () => shown);
}
