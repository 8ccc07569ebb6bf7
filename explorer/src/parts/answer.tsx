import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';
import { certaintyOf, reasonOf } from '../api/client.ts';
import { duration } from '../words/numbers.ts';

interface State<Data> {
  readonly data?: Data | undefined;
  readonly error?: CombinedError | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

interface AnswerProps<Data> {
  readonly of: State<Data>;
  /** What is asked for: "Reading <what> …". */
  readonly what: string;
  again(): void;
  children(data: Data): ReactNode;
}

/** A query's answer in each of its states: waited for, failed, remembered, whole. */
export function Answer<Data>({ of: { data, error, extensions }, what, again, children }: AnswerProps<Data>): ReactNode {
  if (data === undefined && error === undefined) return <Waiting what={what} />;
  return (
    <>
      {error !== undefined && <Failure why={reasonOf(error)} hasData={data !== undefined} again={again} />}
      <Remembered extensions={extensions} />
      {data !== undefined && children(data)}
    </>
  );
}

export function Waiting({ what }: { readonly what: string }): ReactNode {
  return (
    <p className="waiting" role="status">
      Reading {what} …
    </p>
  );
}

interface FailureProps {
  readonly why: string;
  readonly hasData?: boolean;
  again(): void;
}

export function Failure({ why, hasData = false, again }: FailureProps): ReactNode {
  return (
    <div className="note note-bad" role="alert">
      <p>
        {why}
        {hasData && ' What is shown was read before that.'}
      </p>
      <button type="button" onClick={again}>
        Ask again
      </button>
    </div>
  );
}

/** Says that an answer is from the gateway's memory, because its database does not answer. */
function Remembered({ extensions }: Pick<State<unknown>, 'extensions'>): ReactNode {
  const certainty = certaintyOf(extensions);
  if (certainty?.stale !== true) return null;
  return (
    <div className="note note-uncertain" role="status">
      <p>
        Remembered: the gateway’s database does not answer. This was read {duration(certainty.staleForMs)} before the
        gateway answered, and may have changed.
      </p>
    </div>
  );
}
