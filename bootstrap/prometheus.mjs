import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { provisionDebian } from './debian.mjs';

const names = ['prometheus', 'promtool'];

function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...folders, '/usr/bin'].map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Those of the machine, else Debian's, fetched into the tools folder. Throws BootstrapError with the reason where there are none. */
export async function provisionPrometheus() {
  const [prometheus, promtool] = names.map(onPath);
  if (prometheus !== undefined && promtool !== undefined) return { prometheus, promtool };
  const folder = await provisionDebian({
    name: 'prometheus',
    title: "Debian's package of Prometheus (19 MB)",
    check: ['usr/bin/prometheus', '--version'],
  });
  return { prometheus: join(folder, 'usr/bin/prometheus'), promtool: join(folder, 'usr/bin/promtool') };
}
