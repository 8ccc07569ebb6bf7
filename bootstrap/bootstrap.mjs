import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { check } from './check.mjs';
import { runForeground } from './child.mjs';
import { dependenciesAreInstalled, installDependencies } from './dependencies.mjs';
import { buildExplorer, ensureExplorer } from './explorer.mjs';
import { withLock } from './file-lock.mjs';
import { installJars, jarsAreInstalled } from './jars.mjs';
import { findJava } from './java.mjs';
import { mutants } from './mutants.mjs';
import { findNode, provisionNode } from './node.mjs';
import { rootDir, toolsDir } from './paths.mjs';
import { BootstrapError, say } from './progress.mjs';
import { test } from './test.mjs';

/** Options that let Node run the platform's TypeScript as it lies here; and that end it when we are gone. */
const nodeOptions = [
  '--conditions=@attention-oracle/source',
  '--disable-warning=ExperimentalWarning',
  `--import=${new URL('./parent-watch.mjs', import.meta.url).href}`,
];

function entry(path) {
  return ({ node, env }, args) => runForeground(node, [...nodeOptions, join(rootDir, path), ...args], { env });
}

/** The platform, with its page; without a page it starts too. */
async function start(tools, args) {
  if (!asksForHelp(args))
    await ensureExplorer(tools).catch((error) => say(`${explain(error)}\nIt starts without the page.`));
  return entry('local/start/main.ts')(tools, args);
}

async function explorer(tools) {
  await buildExplorer(tools);
  return 0;
}

function asksForHelp(args) {
  return args.includes('--help') || args.includes('-h');
}

const commands = {
  start: { run: start, needsServices: true },
  bench: { run: entry('bench/main.ts'), needsServices: true },
  report: { run: entry('bench/report/main.ts'), needsServices: false },
  soak: { run: entry('local/soak/main.ts'), needsServices: true },
  simulate: { run: entry('simulation/ingest/main.ts'), needsServices: false },
  'simulate-settlement': { run: entry('simulation/settlement/main.ts'), needsServices: false },
  rehearse: { run: entry('tests/rehearsal/main.ts'), needsServices: true },
  fuzz: { run: entry('simulation/fuzz/main.ts'), needsServices: true },
  linearizability: { run: entry('simulation/linearizability/main.ts'), needsServices: true },
  subscribers: { run: entry('simulation/subscribers/main.ts'), needsServices: true },
  'simulate-platform': { run: entry('simulation/platform/main.ts'), needsServices: false },
  chaos: { run: entry('tests/chaos/main.ts'), needsServices: true },
  rolling: { run: entry('tests/rolling/main.ts'), needsServices: true },
  generate: { run: entry('cli/generate.ts'), needsServices: false },
  ao: { run: entry('cli/ao.ts'), needsServices: false },
  explorer: { run: explorer, needsServices: false },
  clients: { run: entry('clients/build.ts'), needsServices: false },
  test: { run: test, needsServices: true },
  check: { run: check, needsServices: false },
  mutants: { run: mutants, needsServices: false },
};

function isGiven(variable, option, args) {
  return Boolean(process.env[variable]) || args.some((arg) => arg === option || arg.startsWith(`${option}=`));
}

/** Broker and registry of our own are needed unless both are given, come as containers, or nothing uses them. */
function needsJars(command, args) {
  if (!commands[command].needsServices || asksForHelp(args)) return false;
  if (command === 'test') return process.env.AO_TEST_STACK !== 'none';
  if (command === 'bench' && args[0] === 'merkle') return false;
  if (process.env.AO_STACK === 'container') return false;
  return !(isGiven('KAFKA_BROKERS', '--brokers', args) && isGiven('SCHEMA_REGISTRY_URL', '--registry', args));
}

/** Says whether a container engine may be there, so that a start without Java can still work out. */
function mayUseContainers(command) {
  if (command === 'test' || process.env.AO_STACK === 'embedded') return false;
  return Boolean(process.env.DOCKER_HOST) || existsSync('/var/run/docker.sock');
}

/** The Java for embedded parts; undefined where there is none and containers may do. */
async function javaFor(command) {
  try {
    return await findJava();
  } catch (error) {
    if (!mayUseContainers(command)) throw error;
    say('No Java 17 or newer is here: Kafka and the schema registry can only run in containers.');
    return undefined;
  }
}

/** Brings the machine to where the command can run; gives the Node to run it with. Does nothing when all is there. */
async function prepare(command, args) {
  const java = needsJars(command, args) ? await javaFor(command) : undefined;
  const jarsNeeded = java !== undefined;
  const isReady = () => findNode() !== undefined && dependenciesAreInstalled() && (!jarsNeeded || jarsAreInstalled());
  if (isReady()) return findNode();
  const onWait = (pid) => say(`Waiting for another run (process ${pid}) to finish installing …`);
  // One lock for this checkout, one for the tools, which several checkouts may share.
  return withLock(join(rootDir, '.data', 'install.lock'), onWait, async () => {
    const node = await withLock(
      join(toolsDir, 'install.lock'),
      onWait,
      async () => findNode() ?? (await provisionNode()),
    );
    if (!dependenciesAreInstalled()) await installDependencies(node);
    if (jarsNeeded && !jarsAreInstalled()) {
      await withLock(join(toolsDir, 'install.lock'), onWait, () => installJars({ java, node }));
    }
    return node;
  });
}

function explain(error) {
  if (error instanceof BootstrapError) return error.message;
  if (['EACCES', 'EPERM', 'EROFS', 'ENOSPC'].includes(error?.code)) {
    return `Nothing can be written to ${error.path ?? rootDir} (${error.code}): make it writable for you and give it some free space.`;
  }
  return error?.stack ?? String(error);
}

/**
 * Installs what one of the `commands` above needs and runs it; gives the exit status. Progress goes to stderr, stdout is the command's own.
 */
export async function bootstrap(command, args) {
  const known = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (known === undefined) {
    say(`Unknown command "${command}": use one of ${Object.keys(commands).join(', ')}.`);
    return 2;
  }
  try {
    const node = await prepare(command, args);
    const env = { PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
    return await known.run({ node, env }, args);
  } catch (error) {
    say(explain(error));
    return 1;
  }
}
