/** The life of a role's process: configuration, logger, metrics, start, signals, graceful stop. */

import { collectDefaultMetrics, Registry } from '@prometheus-io/client';
import type { z } from 'zod';
import type { processConfig } from './config.ts';
import { type Environment, loadConfig, redacted, settingSources } from './config.ts';
import type { EnvFile } from './env-file.ts';
import { AppError, codeOf, messageOf } from './errors.ts';
import { type Hold, Holds } from './holds.ts';
import { createLogger, type Logger } from './logging.ts';
import { type Checks, type OpsServer, startOpsServer } from './ops-server.ts';
import { startTracing } from './tracing/start-tracing.ts';

export interface RoleContext<Config> {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Registry;
  /** What cannot go on rightly is held here: the role is then not ready, with the reason. */
  readonly holds: Holds;
  /** Aborted as soon as the role is asked to stop; long waits end on it. */
  readonly signal: AbortSignal;
  /** Ends the process with status 1 after a graceful stop; for what only a restart can mend. */
  fail(error: unknown): void;
}

export interface RunningRole {
  /** Extra line fields for the start message, e.g. the addresses served. */
  readonly describe?: Readonly<Record<string, unknown>>;
  live?(): boolean;
  ready(): Checks;
  /** Finishes what is under way, hands partitions back, closes connections. */
  stop(): Promise<void>;
}

export interface Role<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** Name in logs, metrics and the command line. */
  readonly name: string;
  readonly config: z.ZodObject<Shape & typeof processConfig>;
  /** Port of the operators' door when METRICS_ENDPOINT is unset. */
  readonly opsPort: number;
  start(context: RoleContext<z.output<z.ZodObject<Shape & typeof processConfig>>>): Promise<RunningRole>;
}

export interface StartedRole {
  readonly opsUrl: string;
  readonly describe: Readonly<Record<string, unknown>>;
  ready(): Checks;
  held(): readonly Hold[];
  /** Resolves when the role has stopped, with what made it stop, if it was not asked to. */
  readonly stopped: Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Starts a role in this process. Used by `runRole` and by tests.
 * @param file Where some of the variables come from, for the line that says where each setting comes from.
 * @throws AppError CONFIG_INVALID, PORT_TAKEN, or what the role's start throws.
 */
export async function startRole<Shape extends z.ZodRawShape>(
  role: Role<Shape>,
  env: Environment,
  logger?: Logger,
  file?: EnvFile,
): Promise<StartedRole> {
  const config = loadConfig(role.config, env);
  const processSettings = config as z.output<z.ZodObject<typeof processConfig>>;
  const log = logger ?? createLogger(role.name, processSettings.LOG_LEVEL);
  log.info({ config: redacted(config), from: settingSources(config, env, file) }, 'starting');
  const metrics = new Registry();
  metrics.setDefaultLabels({ role: role.name });
  collectDefaultMetrics({ register: metrics });
  const holds = new Holds(log, metrics);

  const abort = new AbortController();
  const settled = Promise.withResolvers<unknown>();
  let running: RunningRole | undefined;
  let stopping: Promise<void> | undefined;
  const endpoint = new URL(processSettings.METRICS_ENDPOINT ?? `http://127.0.0.1:${role.opsPort}/metrics`);
  const ops: OpsServer = await startOpsServer(endpoint, metrics, {
    live: () => running?.live?.() ?? true,
    ready: () => (stopping === undefined && running !== undefined ? running.ready() : { started: false }),
    held: () => holds.all,
  });

  const endTracing = await startTracing(role.name, processSettings);

  const stop = (reason?: unknown): Promise<void> => {
    stopping ??= (async () => {
      abort.abort();
      try {
        await running?.stop();
      } catch (error) {
        log.error({ err: error }, 'stop failed');
      }
      await endTracing();
      await ops.close();
      log.info('stopped');
      settled.resolve(reason);
    })();
    return stopping;
  };
  const fail = (error: unknown): void => {
    log.fatal({ err: error, code: codeOf(error) }, 'cannot go on');
    void stop(error ?? new AppError('UNEXPECTED', 'The role failed without saying why.'));
  };

  try {
    running = await role.start({ config, log, metrics, holds, signal: abort.signal, fail });
  } catch (error) {
    // What the start has begun in the background ends with it.
    abort.abort(error);
    await endTracing();
    await ops.close();
    throw error;
  }
  // A failure during start has nothing to stop yet; stop what has started meanwhile.
  if (abort.signal.aborted) await running.stop();
  log.info({ ops: ops.url, ...running.describe }, 'started');
  return {
    opsUrl: ops.url,
    describe: running.describe ?? {},
    ready: () => (stopping === undefined ? running.ready() : { started: false }),
    held: () => holds.all,
    stopped: settled.promise,
    stop: () => stop(),
  };
}

/** Runs a role as this process until SIGTERM or SIGINT; a second signal, or STOP_TIMEOUT_MS, ends it at once. */
export async function runRole<Shape extends z.ZodRawShape>(
  role: Role<Shape>,
  env: Environment = process.env,
  file?: EnvFile,
): Promise<void> {
  let started: StartedRole | undefined;
  let signals = 0;
  const stopTimeoutMs = Number(env['STOP_TIMEOUT_MS'] ?? '') || 5000;
  const onSignal = (signal: NodeJS.Signals): void => {
    signals += 1;
    if (signals > 1 || started === undefined) process.exit(signals > 1 ? 1 : signal === 'SIGINT' ? 130 : 143);
    setTimeout(() => process.exit(1), stopTimeoutMs).unref();
    void started.stop();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  try {
    started = await startRole(role, env, undefined, file);
    const reason = await started.stopped;
    process.exit(reason === undefined ? 0 : 1);
  } catch (error) {
    process.stderr.write(`${role.name}: ${messageOf(error)}\n`);
    process.exit(error instanceof AppError && error.code === 'CONFIG_INVALID' ? 2 : 1);
  }
}
