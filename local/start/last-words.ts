/** What a role's log says about its end, and whether starting it again can help. Pure. */

/** How a role's process ended. */
export interface Death {
  /** "status 2", "signal SIGKILL" and the like. */
  readonly how: string;
  /** Its own sentence; undefined where it left none. */
  readonly words: string | undefined;
  /** Whether it had got as far as being started. */
  readonly started: boolean;
}

const MOST_LINES = 40;
/** Ended so often in a row with the same words before it was started, it will again. */
export const SAME_DEATHS = 5;
/** With this status `ao` ends when its configuration is wrong. */
const CONFIGURATION_WRONG = 'status 2';

/** @param log The end of the role's log; other processes before it may have written there too. */
export function deathOf(how: string, log: string): Death {
  const lines = log.trimEnd().split('\n');
  const entries = lines.map(parse);
  const begin = entries.findLastIndex((entry) => entry?.['msg'] === 'starting');
  const own = entries.slice(begin + 1);
  const fatal = own.findLast((entry) => entry?.['level'] === 'fatal');
  return {
    how,
    words: plainWords(lines) ?? (fatal === undefined ? undefined : messageOfFatal(fatal)),
    started: own.some((entry) => entry?.['msg'] === 'started'),
  };
}

/** Whether only a person can mend it, by the deaths so far, oldest first. */
export function isHopeless(deaths: readonly Death[]): boolean {
  const last = deaths.at(-1);
  if (last?.how === CONFIGURATION_WRONG) return true;
  const latest = deaths.slice(-SAME_DEATHS);
  return (
    latest.length === SAME_DEATHS &&
    last?.words !== undefined &&
    latest.every(({ words, started }) => words === last.words && !started)
  );
}

/** What stands at the very end beside the log lines: a role's sentence, or what Node says of an error that nobody caught. */
function plainWords(lines: readonly string[]): string | undefined {
  const from = lines.findLastIndex((line) => line.startsWith('{')) + 1;
  const plain = lines.slice(Math.max(from, lines.length - MOST_LINES));
  const said = plain.findLastIndex((line) => /^[a-z][a-z-]*: /.test(line));
  if (said >= 0)
    return plain
      .slice(said)
      .join('\n')
      .replace(/^[a-z-]+: /, '');
  return plain.findLast((line) => /^\w*Error(?: \[\w+\])?: /.test(line));
}

/** What a role that could not go on has said of it. */
function messageOfFatal(entry: Record<string, unknown>): string | undefined {
  const message = (entry['err'] as { message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? message : undefined;
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
