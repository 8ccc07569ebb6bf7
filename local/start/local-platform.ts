/** Starts the parts and the roles, waits until all are ready, and watches them until the goal is reached. */

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { kafkaConfig, loadConfig } from '../../runtime/config.ts';
import { messageOf } from '../../runtime/errors.ts';
import { createKafka, type KafkaSettings } from '../../runtime/kafka/client.ts';
import { ensureTopics } from '../../runtime/kafka/topics.ts';
import { createLogger } from '../../runtime/logging.ts';
import { pickPort, pickPorts } from '../stack/ports.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { chainRole } from './chain-role.ts';
import type { Display } from './display.ts';
import { type EventCounter, startEventCounter } from './event-counter.ts';
import { externalKafka, externalPostgres, externalRegistry, waitForExternalParts } from './external-parts.ts';
import { type ServedRoot, servedRoots } from './gateway-view.ts';
import { type Goal, isReached, progressText } from './goal.ts';
import type { Lifetime } from './lifetime.ts';
import { type OpenProtocol, openProtocol } from './open-protocol.ts';
import type { StartOptions } from './options.ts';
import { type Plan, type PlanInput, planRoles } from './plan.ts';
import { checkOptions } from './preflight.ts';
import { ReadinessWatch, whatIsNotReady, whyNotReady } from './readiness.ts';
import { keepRole, type RoleProcess, type RoleProcessesOptions } from './role-processes.ts';
import { announcePlatform } from './running-platform.ts';
import { type Stoppable, stopInOrder } from './stopping.ts';

const LOOK_INTERVAL_MS = 500;
const READY_INTERVAL_MS = 100;
const SAY_AGAIN_MS = 5000;
const GATEWAY_PORT = 3000;
/** What the roles and then the parts may take to stop; together under ten seconds. */
const ROLES_STOP_MS = 4500;
const PARTS_STOP_MS = 3500;

export interface RunInput {
  readonly options: StartOptions;
  readonly goal: Goal | undefined;
  readonly display: Display;
  readonly lifetime: Lifetime;
  readonly startedMs: number;
}

type PlanParts = Pick<PlanInput, 'dataDir' | 'gatewayPort' | 'protocol'> & { readonly stack: Stack };

/** A platform that is starting or running: what is known of it at any moment, and how to stop as much as there is. */
export class LocalPlatform {
  readonly #input: RunInput;
  readonly #roles: RoleProcess[] = [];
  readonly #beside: Stoppable[] = [];
  #stack: Promise<Stack> | undefined;
  #counter: EventCounter | undefined;
  /** As the gateway served them last. */
  roots: readonly ServedRoot[] = [];
  /** From the first line to every role being ready; undefined until then. */
  startMs: number | undefined;
  /** For the sentence that says why the time was not enough. */
  waitingFor: string | undefined;

  constructor(input: RunInput) {
    this.#input = input;
  }

  get counter(): EventCounter | undefined {
    return this.#counter;
  }

  /**
   * Resolves when the goal is reached; without a goal never.
   * @throws what makes it impossible to go on; when its life ends.
   */
  async run(): Promise<void> {
    const { options, display, lifetime, startedMs } = this.#input;
    if (options.adminKeypair !== undefined) process.env['TRAFFIC_ADMIN_KEYPAIR'] = options.adminKeypair;
    checkOptions(options, process.env);
    const dataDir = resolve(options.data);
    this.#forget(dataDir);
    const protocol = await this.#openProtocol(dataDir);
    const gatewayPort = await pickPort({ name: 'the gateway', given: options.port, preferred: GATEWAY_PORT });
    const stack = await this.#startParts(dataDir);
    const places: RoleProcessesOptions = {
      repoDir: resolve(import.meta.dirname, '../..'),
      runDir: join(dataDir, 'run'),
      logDir: join(dataDir, 'logs'),
      log: (line) => display.line(line),
      onHopeless: (error) => lifetime.end({ kind: 'failed', error }),
    };
    for (const dir of [places.runDir, places.logDir]) mkdirSync(dir, { recursive: true });

    const { plan, specs } = await this.#plan({ stack, dataDir, gatewayPort, protocol });
    const settings = loadConfig(z.object(kafkaConfig), { ...process.env, ...plan.roles[0]?.env });
    await this.#findExternalParts(stack, settings);
    const log = createLogger('start', 'info', join(places.logDir, 'start.log'));
    const kafka = createKafka(settings, 'ao-start', log);
    this.waitingFor = 'Kafka to take the topics';
    await lifetime.during(ensureTopics(kafka, settings));
    await lifetime.during(Promise.all(specs.map(async (spec) => void this.#roles.push(await keepRole(spec, places)))));
    this.waitingFor = 'the schema registry';
    this.#counter = await lifetime.during(startEventCounter(kafka, settings, log));
    this.#beside.push(this.#counter, announcePlatform(dataDir, plan.forTools));
    await this.#waitUntilReady();

    this.startMs = Date.now() - startedMs;
    const gatewayUrl = `http://127.0.0.1:${gatewayPort}`;
    display.addresses({
      'explorer page': `${gatewayUrl}/`,
      'GraphQL and subscriptions': `${gatewayUrl}/graphql`,
      'REST and OpenAPI': `${gatewayUrl}/docs`,
      'chain (JSON-RPC)': plan.rpcUrl,
      Kafka: stack.kafkaBrokers.join(','),
      'schema registry': hostOf(stack.registryUrl),
      PostgreSQL: hostOf(stack.databaseUrl),
      ...Object.fromEntries(this.#roles.map((role) => [`${role.name} metrics`, `${role.opsUrl}/metrics`])),
      logs: places.logDir,
    });
    for (const note of plan.notes) display.line(note);
    if (existsSync('.env'))
      display.line('.env is for roles and tools that you run yourself: npm start reads only the environment');
    display.line(`everything is ready after ${(this.startMs / 1000).toFixed(1)} s; Ctrl-C stops it`);
    await this.#watch(this.#counter, gatewayUrl, plan);
  }

  /** Roles before what they depend on; ends in time whatever hangs. */
  async stop(): Promise<void> {
    const { display } = this.#input;
    const parts: Stoppable = {
      // A start that was cut short stops what it has started by itself.
      stop: async (withinMs) => (await this.#stack?.catch(() => undefined))?.stop(withinMs),
    };
    await stopInOrder(
      [
        { what: 'the roles', withinMs: ROLES_STOP_MS, parts: [...this.#roles, ...this.#beside] },
        { what: 'Kafka, schema registry and PostgreSQL', withinMs: PARTS_STOP_MS, parts: [parts] },
      ],
      (line) => display.line(line),
    );
  }

  #forget(dataDir: string): void {
    if (!this.#input.options.fresh) return;
    if (this.#input.options.databaseUrl !== undefined || this.#input.options.brokers !== undefined)
      this.#input.display.line(
        '--fresh forgets what is in this data folder; a database or a Kafka of your own keeps what it has',
      );
    for (const name of ['chain', 'keys', 'logs', 'run']) rmSync(join(dataDir, name), { recursive: true, force: true });
  }

  /** Before anything is started: what the chain lacks is said at once. */
  async #openProtocol(dataDir: string): Promise<OpenProtocol | undefined> {
    const { options, display, lifetime } = this.#input;
    if (options.rpc === undefined || options.traffic !== true) return undefined;
    this.waitingFor = `the chain at ${hostOf(options.rpc)}`;
    return lifetime.during(
      openProtocol({
        rpcUrl: options.rpc,
        env: process.env,
        keysDir: join(dataDir, 'keys'),
        signal: lifetime.signal,
        log: (line) => display.line(line),
      }),
    );
  }

  async #startParts(dataDir: string): Promise<Stack> {
    const { options, display, lifetime } = this.#input;
    this.waitingFor = 'Kafka, schema registry and PostgreSQL to start';
    display.line('starting Kafka, schema registry and PostgreSQL');
    this.#stack = startStack({
      dataDir,
      brokers: options.brokers,
      registryUrl: options.registry,
      databaseUrl: options.databaseUrl,
      fresh: options.fresh,
      log: (line) => display.line(line),
      signal: lifetime.signal,
    });
    return lifetime.during(this.#stack);
  }

  async #findExternalParts(stack: Stack, settings: KafkaSettings): Promise<void> {
    const { display, lifetime } = this.#input;
    const isExternal = (part: keyof Stack['modes']): boolean => stack.modes[part] === 'external';
    const log = createLogger('start', 'silent');
    const parts = [
      ...(isExternal('kafka') ? [externalKafka(createKafka(settings, 'ao-start', log, 1))] : []),
      ...(isExternal('registry') ? [externalRegistry(stack.registryUrl)] : []),
      ...(isExternal('postgres') ? [externalPostgres(stack.databaseUrl)] : []),
    ];
    if (parts.length === 0) return;
    this.waitingFor = parts.map(({ name }) => name).join(', ');
    await lifetime.during(waitForExternalParts(parts, { signal: lifetime.signal, log: (line) => display.line(line) }));
  }

  async #plan({ stack, dataDir, gatewayPort, protocol }: PlanParts): Promise<{ plan: Plan; specs: Plan['roles'] }> {
    const { options } = this.#input;
    const chain =
      options.rpc === undefined
        ? chainRole(dataDir, await pickPort({ name: 'the local chain', preferred: 8899 }), options.consensus)
        : undefined;
    const listeners = Array.from({ length: options.listeners }, (_, index) => `listen-${index + 1}`);
    const others = ['process', 'sink', 'settle', 'gateway', 'lag-exporter', 'webhook', 'webhooks', 'traffic'];
    const ports = await pickPorts(['chain', 'listen', ...listeners, ...others]);
    const opsPort = (name: string): number => ports.get(name) ?? 0;
    const plan = planRoles({
      options,
      stack,
      env: process.env,
      dataDir,
      gatewayPort,
      chain: chain?.lends,
      protocol,
      opsPort,
    });
    const own = chain === undefined ? [] : [chain.spec(`http://127.0.0.1:${opsPort('chain')}`)];
    return { plan, specs: [...own, ...plan.roles] };
  }

  async #waitUntilReady(): Promise<void> {
    const { display, lifetime } = this.#input;
    const waiting = new Set(this.#roles);
    for (let saidMs = Date.now(); ; ) {
      const reasons: string[] = [];
      for (const role of [...waiting]) {
        const reason = await lifetime.during(whyNotReady(role.opsUrl));
        if (reason === undefined) waiting.delete(role);
        else reasons.push(`${role.name} (${reason})`);
      }
      this.waitingFor = reasons.length === 0 ? undefined : reasons.join(', ');
      if (waiting.size === 0) return;
      if (Date.now() - saidMs >= SAY_AGAIN_MS) {
        saidMs = Date.now();
        display.line(`waiting for ${this.waitingFor}`);
      }
      await delay(READY_INTERVAL_MS, undefined, { signal: lifetime.signal });
    }
  }

  async #watch(counter: EventCounter, gatewayUrl: string, plan: Plan): Promise<void> {
    const { goal, display, lifetime } = this.#input;
    const readiness = new ReadinessWatch(this.#roles, (line) => display.line(line));
    for (let lookedMs = 0; ; ) {
      await delay(LOOK_INTERVAL_MS, undefined, { signal: lifetime.signal });
      try {
        this.roots = await lifetime.during(servedRoots(gatewayUrl));
        display.progress(counter, this.roots, plan.publishes);
      } catch (error) {
        lifetime.signal.throwIfAborted();
        display.status(`the gateway does not answer: ${messageOf(error)}`);
      }
      if (goal !== undefined) {
        this.waitingFor = progressText(goal, this.roots);
        if (isReached(goal, this.roots)) {
          // What a role that holds has left behind is no success: it may be of another deployment.
          const reasons = await lifetime.during(whatIsNotReady(this.#roles));
          if (reasons === undefined) return;
          this.waitingFor = reasons;
        }
      }
      if (Date.now() - lookedMs < SAY_AGAIN_MS) continue;
      lookedMs = Date.now();
      await lifetime.during(readiness.look());
    }
  }
}

function hostOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
