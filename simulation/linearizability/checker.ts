/**
 * Whether recorded operations can have happened one after the other, each at a moment between its call and its answer, as a model allows: the
 * search of Wing and Gong, which remembers where it has been. Pure.
 */

export interface Recorded<Action> {
  readonly action: Action;
  /** When it was asked for. */
  readonly calledMs: number;
  /** When it was answered; Infinity: nobody knows whether it happened. */
  readonly answeredMs: number;
}

export interface Model<State, Action> {
  readonly initial: State;
  /** The state afterwards; undefined where the action cannot happen in this state. */
  next(state: State, action: Action): State | undefined;
}

interface Operation<Action> extends Recorded<Action> {
  readonly number: bigint;
}

interface Entry<Action> {
  readonly operation: Operation<Action>;
  readonly isCall: boolean;
  before: Entry<Action> | undefined;
  behind: Entry<Action> | undefined;
  /** Of a call: its answer. */
  answer: Entry<Action> | undefined;
}

interface Step<State, Action> {
  readonly call: Entry<Action>;
  readonly state: State;
}

/**
 * The operation at which every order fails; undefined where there is one that holds.
 * @param operations Of one object; of several they are judged one by one.
 */
export function violationOf<State, Action>(
  { initial, next }: Model<State, Action>,
  operations: readonly Recorded<Action>[],
): Recorded<Action> | undefined {
  const head = linked(operations);
  let open = operations.filter(({ answeredMs }) => answeredMs !== Number.POSITIVE_INFINITY).length;
  const taken: Step<State, Action>[] = [];
  const seen = new Set<string>();
  let state = initial;
  let done = 0n;
  let furthest: { readonly at: number; readonly operation: Recorded<Action> } | undefined;
  let entry = head.behind;
  while (open > 0) {
    if (entry?.isCall === true) {
      const after = next(state, entry.operation.action);
      const withIt = done | entry.operation.number;
      const place = `${withIt.toString(36)} ${JSON.stringify(after)}`;
      if (after === undefined || seen.has(place)) {
        entry = entry.behind;
        continue;
      }
      seen.add(place);
      taken.push({ call: entry, state });
      [state, done] = [after, withIt];
      if (entry.answer !== undefined) open -= 1;
      lift(entry);
      entry = head.behind;
      continue;
    }
    // An answer without its operation: it had to happen before, so what was taken last was wrong.
    if (entry !== undefined && (furthest === undefined || taken.length > furthest.at))
      furthest = { at: taken.length, operation: entry.operation };
    const last = taken.pop();
    if (last === undefined) return furthest?.operation ?? operations[0];
    state = last.state;
    done &= ~last.call.operation.number;
    if (last.call.answer !== undefined) open += 1;
    putBack(last.call);
    entry = last.call.behind;
  }
  return undefined;
}

/** Calls and answers by time; of one moment the calls first, for they may have happened together. */
function linked<Action>(operations: readonly Recorded<Action>[]): Entry<Action> {
  const entries = operations.flatMap((recorded, at) => {
    const operation = { ...recorded, number: 1n << BigInt(at) };
    const bare = { operation, before: undefined, behind: undefined };
    const call: Entry<Action> = { ...bare, isCall: true, answer: undefined };
    if (recorded.answeredMs === Number.POSITIVE_INFINITY) return [call];
    call.answer = { ...bare, isCall: false, answer: undefined };
    return [call, call.answer];
  });
  const atMs = ({ isCall, operation }: Entry<Action>): number => (isCall ? operation.calledMs : operation.answeredMs);
  entries.sort((a, b) => atMs(a) - atMs(b) || Number(b.isCall) - Number(a.isCall));
  const head = { behind: undefined } as unknown as Entry<Action>;
  let last = head;
  for (const one of entries) {
    one.before = last;
    last.behind = one;
    last = one;
  }
  return head;
}

function lift<Action>(call: Entry<Action>): void {
  for (const entry of [call, call.answer]) {
    if (entry?.before === undefined) continue;
    entry.before.behind = entry.behind;
    if (entry.behind !== undefined) entry.behind.before = entry.before;
  }
}

/** The other way round: each finds its neighbours as it left them. */
function putBack<Action>(call: Entry<Action>): void {
  for (const entry of [call.answer, call]) {
    if (entry?.before === undefined) continue;
    entry.before.behind = entry;
    if (entry.behind !== undefined) entry.behind.before = entry;
  }
}
