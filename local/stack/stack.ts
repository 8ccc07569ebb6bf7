import { join, resolve } from 'node:path';
import { messageOf } from '../../runtime/errors.ts';
import { type Decisions, decide, type PartMode, type PartName, partNames } from './decide.ts';
import { containerEngineAnswers } from './engine.ts';
import { startKafka } from './kafka.ts';
import { type KeptPart, keepPart } from './kept-part.ts';
import type { EmbeddedPartOptions, StartedPart } from './part.ts';
import { startPostgres } from './postgres.ts';
import { startingStopMs } from './process.ts';
import { startRegistry } from './registry.ts';
import { lockData, recordedModes, recordModes, removeStackData } from './stack-data.ts';

/** What startStack needs; the three addresses make a part external. */
export interface StackOptions {
  /** Folder for the data of all parts; one stack at a time. */
  readonly dataDir: string;
  /** Addresses of an existing Kafka: host:port, several separated by commas. Default: KAFKA_BROKERS. */
  readonly brokers?: string | undefined;
  /** URL of an existing Confluent-compatible registry. Default: SCHEMA_REGISTRY_URL. */
  readonly registryUrl?: string | undefined;
  /** URL of an existing PostgreSQL. Default: DATABASE_URL. */
  readonly databaseUrl?: string | undefined;
  /** Throws the data of earlier starts away first. */
  readonly fresh?: boolean | undefined;
  /** Ports of 127.0.0.1 that must be used; without them free ones are chosen. */
  readonly ports?: Readonly<Partial<Record<PartName, number>>> | undefined;
  /** False: no well-known ports are tried first, so that many stacks can start at once. Default true. */
  readonly preferKnownPorts?: boolean | undefined;
  /** False trades safety on a power cut for speed (tests). Default true. */
  readonly durable?: boolean | undefined;
  /** Where addresses of external parts and AO_STACK are looked up. Default process.env. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Gets one line for each thing done; never a password. */
  readonly log: (line: string) => void;
  /** Ends the start; its reason is thrown when all that was started is stopped. */
  readonly signal?: AbortSignal | undefined;
}

/** The running stack. */
export interface Stack {
  readonly kafkaBrokers: string[];
  readonly registryUrl: string;
  /** Holds the password: not for logs. */
  readonly databaseUrl: string;
  readonly modes: Readonly<Record<PartName, PartMode>>;
  /** Process ids of the embedded parts, as they run now: a part that dies is started again, at the same address. */
  readonly pids: Readonly<Partial<Record<PartName, number>>>;
  /** Ends what was started, by force what takes longer; external parts are left alone. Safe to call twice. */
  stop(withinMs?: number): Promise<void>;
}

const titles: Record<PartName, string> = { kafka: 'Kafka', registry: 'schema registry', postgres: 'PostgreSQL' };
const knownPorts: Record<PartName, number> = { kafka: 19_092, registry: 18_081, postgres: 15_432 };
const starters: Record<PartName, (options: EmbeddedPartOptions) => Promise<StartedPart>> = {
  kafka: startKafka,
  registry: startRegistry,
  postgres: startPostgres,
};

type RunningPart = { readonly mode: PartMode; readonly address: string; readonly running?: KeptPart };

async function startEmbedded(part: PartName, options: StackOptions): Promise<RunningPart> {
  const startedMs = Date.now();
  const running = await keepPart({
    title: titles[part],
    start: (how) => starters[part]({ dir: join(options.dataDir, part), durable: options.durable ?? true, ...how }),
    ports: {
      given: options.ports?.[part],
      preferred: options.preferKnownPorts === false ? undefined : knownPorts[part],
    },
    signal: options.signal,
    log: options.log,
  });
  const where = new URL(running.address.includes('://') ? running.address : `kafka://${running.address}`).host;
  options.log(`${titles[part]}: embedded on ${where}, ready in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
  return { mode: 'embedded', address: running.address, running };
}

async function startPart(part: PartName, decisions: Decisions, options: StackOptions): Promise<RunningPart> {
  const decision = decisions[part];
  if (decision.mode === 'external') {
    options.log(`${titles[part]}: external`);
    return decision;
  }
  if (decision.mode === 'embedded') return startEmbedded(part, options);
  options.log(`${titles[part]}: starting a container; its image is fetched first where it is missing`);
  try {
    // The library takes half a second to load: only where it is used.
    const { startContainer } = await import('./containers.ts');
    const running = await keepPart({
      title: titles[part],
      start: (how) => startContainer(part, options.dataDir, how),
      ports: { given: options.ports?.[part], preferred: knownPorts[part] },
      signal: options.signal,
      log: options.log,
    });
    options.log(`${titles[part]}: container`);
    return { mode: 'container', address: running.address, running };
  } catch (error) {
    options.signal?.throwIfAborted();
    if ((options.env ?? process.env).AO_STACK === 'container') throw error;
    options.log(`${titles[part]}: the container does not start (${messageOf(error)}), using the embedded one`);
    return startEmbedded(part, options);
  }
}

async function stopAll(parts: readonly RunningPart[], withinMs?: number): Promise<void> {
  const results = await Promise.allSettled(parts.map(async (part) => part.running?.stop(withinMs)));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** All parts at the same time; the first that fails ends the others. */
async function startAll(decisions: Decisions, options: StackOptions): Promise<[RunningPart, RunningPart, RunningPart]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const starts = partNames.map((part) => startPart(part, decisions, { ...options, signal }));
  for (const start of starts) start.catch((error: unknown) => failed.abort(error));
  const results = await Promise.allSettled(starts);
  const running = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (signal.aborted) {
    await stopAll(running, startingStopMs);
    throw signal.reason;
  }
  return running as [RunningPart, RunningPart, RunningPart];
}

/**
 * Starts what is not given from outside: broker, schema registry and database, all on 127.0.0.1, at the same time.
 * AppError codes: STACK_IN_USE, STACK_PORT_TAKEN, STACK_NO_JAVA, STACK_NO_JARS, STACK_NO_POSTGRES, STACK_NO_ENGINE,
 * STACK_BAD_OPTION, STACK_PART_FAILED. When one part fails, or the start is ended by its signal, the others are stopped first.
 */
export async function startStack(given: StackOptions): Promise<Stack> {
  const options: StackOptions = { ...given, dataDir: resolve(given.dataDir) };
  const { dataDir } = options;
  const env = options.env ?? process.env;
  const release = lockData(dataDir);
  try {
    if (options.fresh === true) await removeStackData(dataDir);
    const decisions = await decide({
      given: { kafka: options.brokers, registry: options.registryUrl, postgres: options.databaseUrl },
      env,
      recorded: recordedModes(dataDir),
      engineAnswers: () => containerEngineAnswers(env),
    });
    const [kafka, registry, postgres] = await startAll(decisions, options);
    return assemble({ kafka, registry, postgres }, dataDir, release);
  } catch (error) {
    release();
    throw error;
  }
}

function assemble(parts: Record<PartName, RunningPart>, dataDir: string, release: () => void): Stack {
  const modes = { kafka: parts.kafka.mode, registry: parts.registry.mode, postgres: parts.postgres.mode };
  recordModes(dataDir, modes);
  let stopping: Promise<void> | undefined;
  return {
    kafkaBrokers: parts.kafka.address.split(',').map((broker) => broker.trim()),
    registryUrl: parts.registry.address,
    databaseUrl: parts.postgres.address,
    modes,
    get pids() {
      const running = partNames.flatMap((part) => {
        const pid = parts[part].running?.pid;
        return pid === undefined ? [] : [[part, pid] as const];
      });
      return Object.fromEntries(running);
    },
    stop: (withinMs) =>
      (stopping ??= stopAll([parts.kafka, parts.registry, parts.postgres], withinMs).finally(release)),
  };
}
