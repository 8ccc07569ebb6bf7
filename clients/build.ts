/** `npm run clients [-- LANGUAGE…]`: generates and compiles the clients, all or those that are named. */

import { LANGUAGES } from './languages.ts';
import { build } from './project.ts';

const wanted = process.argv.slice(2);
const known = LANGUAGES.map(({ name }) => name);
const unknown = wanted.find((name) => !known.includes(name));

if (wanted.includes('--help') || wanted.includes('-h')) {
  process.stdout.write(
    `usage: npm run clients [-- LANGUAGE…]\n\nGenerates and compiles the clients in .data/clients: ${known.join(', ')}.\nWhat is not to be had on this machine is named with the reason, and is no failure.\n\nExample: npm run clients -- go\n`,
  );
} else if (unknown !== undefined) {
  process.stderr.write(`There is no client in ${unknown}: take some of ${known.join(', ')}, or none for all.\n`);
  process.exitCode = 2;
} else {
  for (const language of LANGUAGES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const startedMs = Date.now();
    const made = await build(language);
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
    const reason = made.kind === 'built' ? `(${seconds} s)` : `: ${made.reason}`;
    process.stdout.write(`${made.kind.padEnd(8)}${language.name} ${reason}\n`);
    if (made.kind === 'failed') process.exitCode = 1;
  }
}
