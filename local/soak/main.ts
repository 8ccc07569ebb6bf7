/** `npm run soak`: the platform under traffic and faults for hours, judged. */

import { environmentOf } from '../environment.ts';
import { pickPort } from '../stack/ports.ts';
import { SoakedPlatform } from './io/platform.ts';
import { parseOptions } from './options.ts';
import { soak } from './soak.ts';

const options = parseOptions(process.argv.slice(2));
const say = (line: string): void => void process.stderr.write(`${new Date().toISOString()} ${line}\n`);
const port = await pickPort({ name: 'the gateway', preferred: 3900 });
const platform = new SoakedPlatform(options.data, port, (line) => process.stderr.write(`${line}\n`));
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => void platform.stop().finally(() => process.exit(1)));
let status = 1;
try {
  const { hours, faults, seed, every } = options;
  const figures = {
    options: { hours, faults, seed, every },
    environment: environmentOf(),
    ...(await soak(platform, options, say)),
  };
  process.stdout.write(`${JSON.stringify(figures, undefined, options.json ? 0 : 2)}\n`);
  status = figures.verdicts.some(({ holds }) => holds === false) ? 1 : 0;
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
} finally {
  await platform.stop();
}
process.exit(status);
