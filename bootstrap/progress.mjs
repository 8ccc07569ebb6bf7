/** A failure that the person at the terminal can act on: printed as one sentence, without a stack. */
export class BootstrapError extends Error {}

const isTerminal = process.stderr.isTTY === true;
const lineIntervalMs = isTerminal ? 500 : 5000;

/** Prints one progress line on stderr; stdout belongs to the command. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

function seconds(sinceMs) {
  return `${((Date.now() - sinceMs) / 1000).toFixed(0)} s`;
}

/**
 * Runs a long step and shows that it goes on: title, elapsed time and what detail() says (a size, a count).
 * A result with a code other than 0 counts as failed. On a terminal one line is rewritten, elsewhere a line is added every 5 s.
 */
export async function step(title, detail, work) {
  const startedMs = Date.now();
  const show = () => {
    const more = detail();
    const text = `${title} … ${seconds(startedMs)}${more === '' ? '' : `, ${more}`}`;
    process.stderr.write(isTerminal ? `\r\x1b[2K${text}` : `${text}\n`);
  };
  if (!isTerminal) say(`${title} …`);
  const timer = setInterval(show, lineIntervalMs);
  const clear = () => {
    clearInterval(timer);
    if (isTerminal) process.stderr.write('\r\x1b[2K');
  };
  try {
    const result = await work();
    clear();
    const more = detail();
    const how = result?.code ? 'failed after' : 'done in';
    say(`${title}: ${how} ${seconds(startedMs)}${more === '' ? '' : `, ${more}`}`);
    return result;
  } catch (error) {
    clear();
    throw error;
  }
}

/** Bytes as megabytes, one decimal under 10. */
export function megabytes(bytes) {
  const mb = bytes / 1e6;
  return `${mb < 10 ? mb.toFixed(1) : mb.toFixed(0)} MB`;
}
