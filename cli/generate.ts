/**
 * `npm run generate`: writes what is generated from single sources (contracts, .env.example, the compose file's variables, dashboards, Kubernetes manifests). With --check, writes nothing and
 * exits 1 when a file is out of date.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { withComposeVariables } from '../deploy/docker/compose-variables.ts';
import { dashboards } from '../deploy/grafana/dashboard.ts';
import { kubernetesManifests } from '../deploy/kubernetes/manifests.ts';
import { generatedContracts } from '../schemas/generate.ts';
import { variablesOfRoles } from './commands/roles.ts';
import { envExample } from './env-example.ts';

const inRepository = (path: string): URL => new URL(`../${path}`, import.meta.url);

function currentText(path: string): string | undefined {
  try {
    return readFileSync(inRepository(path), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const files = await generatedContracts();
files.set('.env.example', envExample());
const composeFile = 'docker-compose.kafka.yml';
files.set(composeFile, withComposeVariables(currentText(composeFile) ?? '', await variablesOfRoles()));
for (const [name, model] of dashboards())
  files.set(`deploy/grafana/dashboards/${name}`, `${JSON.stringify(model, null, 2)}\n`);
files.set('deploy/kubernetes/platform.yaml', kubernetesManifests());
const stale = [...files].filter(([path, text]) => currentText(path) !== text);
const names = stale.map(([path]) => path).join(', ');
if (stale.length === 0) console.error('Generated files are up to date.');
else if (process.argv.includes('--check')) {
  console.error(`Out of date: ${names}. Run \`npm run generate\` and commit the result.`);
  process.exitCode = 1;
} else {
  for (const [path, text] of stale) writeFileSync(inRepository(path), text);
  console.error(`Wrote ${names}.`);
}
