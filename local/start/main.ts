/** `npm start`: everything on this machine, by one command. */

import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { kafkaConfig, loadConfig } from '../../runtime/config.ts';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { ensureTopics } from '../../runtime/kafka/topics.ts';
import { createLogger } from '../../runtime/logging.ts';
import { pickPort } from '../stack/ports.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { chainRole } from './chain-role.ts';
import { Display } from './display.ts';
import { type EventCounter, startEventCounter } from './event-counter.ts';
import { type ServedRoot, servedRoots } from './gateway-view.ts';
import { type Goal, isReached, summarise } from './goal.ts';
import { parseOptions, type StartOptions } from './options.ts';
import { planRoles } from './plan.ts';
import { keepRole, type RoleProcess, type RoleProcessesOptions } from './role-processes.ts';
import { announcePlatform } from './running-platform.ts';

const LOOK_INTERVAL_MS = 500;
const GATEWAY_PORT = 3000;

const startedMs = Date.now();
const options = parseOptions(process.argv.slice(2));
const display = new Display(options.json);
const stopping = new AbortController();
const running: { stop(): Promise<void> }[] = [];
let exitCode = 0;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!stopping.signal.aborted) display.line(`${signal}: stopping`);
    stopping.abort(signal);
  });
}

try {
  exitCode = await run(options);
} catch (error) {
  exitCode = stopping.signal.aborted ? 0 : 1;
  if (!stopping.signal.aborted) display.line(messageOf(error));
} finally {
  // Last started, first stopped: the roles before what they depend on.
  for (const part of running.reverse())
    await part.stop().catch((error: unknown) => display.line(`stop: ${messageOf(error)}`));
}
process.exit(exitCode);

async function run(given: StartOptions): Promise<number> {
  const dataDir = resolve(given.data);
  const roleOptions: RoleProcessesOptions = {
    repoDir: resolve(import.meta.dirname, '../..'),
    runDir: join(dataDir, 'run'),
    logDir: join(dataDir, 'logs'),
    log: (line) => display.line(line),
  };
  const goal = goalOf(given);
  const ports = new Map<string, number>();
  const gatewayPort = await pickPort({ name: 'the gateway', given: given.port, preferred: GATEWAY_PORT });
  const stack = await startParts(given, dataDir);
  for (const dir of [roleOptions.runDir, roleOptions.logDir]) mkdirSync(dir, { recursive: true });

  const chain =
    given.rpc === undefined
      ? chainRole(dataDir, await pickPort({ name: 'the local chain', preferred: 8899 }))
      : undefined;
  const names = [
    'chain',
    'listen',
    ...Array.from({ length: given.listeners }, (_, index) => `listen-${index + 1}`),
    'process',
    'sink',
    'settle',
    'gateway',
    'lag-exporter',
    'webhook',
    'traffic',
  ];
  for (const name of names) ports.set(name, await pickPort({ name }));
  const plan = planRoles({
    options: given,
    stack,
    env: process.env,
    dataDir,
    gatewayPort,
    chain: chain?.lends,
    opsPort: (name) => ports.get(name) ?? 0,
  });

  const settings = loadConfig(z.object(kafkaConfig), { ...process.env, ...plan.roles[0]?.env });
  const log = createLogger('start', 'info', join(roleOptions.logDir, 'start.log'));
  const kafka = createKafka(settings, 'ao-start', log);
  await ensureTopics(kafka, settings);
  const specs = [
    ...(chain === undefined ? [] : [chain.spec(`http://127.0.0.1:${ports.get('chain') ?? 0}`)]),
    ...plan.roles,
  ];
  const roles = await Promise.all(specs.map((spec) => keepRole(spec, roleOptions)));
  running.push({ stop: async () => void (await Promise.all(roles.map((role) => role.stop()))) });
  const counter = await startEventCounter(kafka, settings, log);
  running.push(counter);

  running.push(announcePlatform(dataDir, plan.forTools));
  await waitUntilReady(roles);
  const startMs = Date.now() - startedMs;
  const gatewayUrl = `http://127.0.0.1:${gatewayPort}`;
  display.addresses({
    'GraphQL and subscriptions': `${gatewayUrl}/graphql`,
    'REST and OpenAPI': `${gatewayUrl}/docs`,
    'chain (JSON-RPC)': plan.rpcUrl,
    Kafka: stack.kafkaBrokers.join(','),
    'schema registry': stack.registryUrl,
    PostgreSQL: hostOf(stack.databaseUrl),
    ...Object.fromEntries(roles.map((role) => [`${role.name} metrics`, `${role.opsUrl}/metrics`])),
    logs: roleOptions.logDir,
  });
  for (const note of plan.notes) display.line(note);
  display.line(`everything is ready after ${(startMs / 1000).toFixed(1)} s; Ctrl-C stops it`);
  return watch({ goal, given, stack, counter, gatewayUrl, startMs });
}

async function startParts(given: StartOptions, dataDir: string): Promise<Stack> {
  if (given.fresh)
    for (const name of ['chain', 'keys', 'logs', 'run']) rmSync(join(dataDir, name), { recursive: true, force: true });
  display.line('starting Kafka, schema registry and PostgreSQL');
  const stack = await startStack({
    dataDir,
    brokers: given.brokers,
    registryUrl: given.registry,
    databaseUrl: given.databaseUrl,
    fresh: given.fresh,
    log: (line) => display.line(line),
  });
  running.push(stack);
  stopping.signal.throwIfAborted();
  return stack;
}

async function waitUntilReady(roles: readonly RoleProcess[]): Promise<void> {
  const waiting = new Set(roles);
  for (let round = 0; waiting.size > 0; round += 1) {
    for (const role of [...waiting]) if (await role.isReady()) waiting.delete(role);
    if (waiting.size === 0) return;
    if (round % 50 === 49)
      display.line(`waiting for ${[...waiting].map(({ name }) => name).join(', ')} (logs tell why)`);
    await delay(100, undefined, { signal: stopping.signal });
  }
}

interface Watch {
  readonly goal: Goal | undefined;
  readonly given: StartOptions;
  readonly stack: Stack;
  readonly counter: EventCounter;
  readonly gatewayUrl: string;
  readonly startMs: number;
}

async function watch({ goal, given, stack, counter, gatewayUrl, startMs }: Watch): Promise<number> {
  const deadlineMs = given.timeout === undefined ? Number.POSITIVE_INFINITY : startedMs + given.timeout * 1000;
  const failed = stack.failed.then((what) => {
    throw new AppError('STACK_PART_FAILED', what);
  });
  failed.catch(() => undefined);
  let roots: ServedRoot[] = [];
  const finish = async (reached: boolean): Promise<number> => {
    await counter.catchUp();
    const served = new Set(roots.map(({ channel, epoch }) => `${channel}/${epoch}`));
    const counts = {
      events: counter.events,
      claims: counter.claims,
      proofsClaimed: counter.claimsFrom(served),
      startMs,
      durationMs: Date.now() - startedMs,
      reached,
    };
    display.summary(summarise(roots, counts));
    return reached || goal === undefined ? 0 : 1;
  };
  try {
    for (;;) {
      await Promise.race([delay(LOOK_INTERVAL_MS, undefined, { signal: stopping.signal }), failed]);
      try {
        roots = await servedRoots(gatewayUrl);
      } catch (error) {
        display.status(`the gateway does not answer: ${messageOf(error)}`);
      }
      display.progress(counter, roots);
      if (goal !== undefined && isReached(goal, roots)) return await finish(true);
      if (Date.now() > deadlineMs) {
        display.line(`not reached within ${given.timeout} s`);
        return await finish(false);
      }
    }
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    return await finish(false);
  }
}

function goalOf({ untilRoots, untilSettled }: StartOptions): Goal | undefined {
  if (untilRoots !== undefined) return { kind: 'roots', count: untilRoots };
  return untilSettled === undefined ? undefined : { kind: 'settled', count: untilSettled };
}

function hostOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
