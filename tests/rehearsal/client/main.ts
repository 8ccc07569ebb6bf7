/**
 * A client that asks the public port the whole time, at a fixed pace and on a new connection each time, and writes one line a request:
 * when it was begun, when it ended (Unix ms), and what came of it. Arguments: URL, file.
 */

import { appendFileSync } from 'node:fs';
import { request } from 'node:http';

const PACE_MS = 25;
/** Later, nobody waits any more. */
const TIMEOUT_MS = 30_000;

const [url = '', file = ''] = process.argv.slice(2);

function ask(): void {
  const startedMs = Date.now();
  const note = (outcome: string): void => appendFileSync(file, `${startedMs} ${Date.now()} ${outcome}\n`);
  const call = request(url, { agent: false, timeout: TIMEOUT_MS, headers: { connection: 'close' } }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('error', () => note('refused'));
    response.on('end', () => {
      const by = response.headers.server === 'legacy' ? 'legacy' : 'new';
      note(response.statusCode === 200 ? `${by} ${rootOf(text)}` : `status-${response.statusCode} ${by}`);
    });
  });
  call.on('timeout', () => call.destroy(new Error('too late')));
  call.on('error', () => note('refused'));
  call.end();
}

function rootOf(text: string): string {
  const { root } = JSON.parse(text) as { root?: string };
  return root ?? 'none';
}

setInterval(ask, PACE_MS);
