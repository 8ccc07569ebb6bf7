/** Which processes run, with which environment: from the options, the stack's addresses and the user's own variables. */

import { join } from 'node:path';
import { z } from 'zod';
import {
  type Environment,
  epochConfig,
  kafkaConfig,
  loadConfig,
  postgresConfig,
  programConfig,
} from '../../runtime/config.ts';
import type { Stack } from '../stack/stack.ts';
import type { KeyFile } from './keys.ts';
import type { OpenProtocol } from './open-protocol.ts';
import type { StartOptions } from './options.ts';
import { publishes } from './preflight.ts';
import type { RoleProcessSpec } from './role-processes.ts';

/** What a local chain lends to the roles. */
export interface LocalChain {
  readonly port: number;
  readonly mint: KeyFile;
  readonly publisher: KeyFile;
  /** The wallet of whoever looks on. */
  readonly visitor: KeyFile;
}

export interface PlanInput {
  readonly options: StartOptions;
  readonly stack: Pick<Stack, 'kafkaBrokers' | 'registryUrl' | 'databaseUrl'>;
  readonly env: Environment;
  readonly dataDir: string;
  readonly gatewayPort: number;
  /** Undefined where another chain is used. */
  readonly chain: LocalChain | undefined;
  /** Where traffic runs on another chain. */
  readonly protocol?: OpenProtocol | undefined;
  /** A free port for each operators' door. */
  opsPort(name: string): number;
}

export interface Plan {
  readonly roles: readonly RoleProcessSpec[];
  /** What is left out or other than one may think, and why, for the user. */
  readonly notes: readonly string[];
  /** Whether roots are sent to the chain. */
  readonly publishes: boolean;
  readonly rpcUrl: string;
  /** Variables that the operators' tools need to work on this platform; none that a role acts on by itself. */
  readonly forTools: Readonly<Record<string, string>>;
}

/** Where traffic runs: short epochs, so that a newcomer sees roots within a minute; numbering starts above the fans' first allocation. */
const LOCAL_DEFAULTS = {
  EPOCH_DURATION_SLOTS: '25',
  FINALIZE_THRESHOLD_SECS: '2',
  EPOCH_BASE: '10',
  AUTO_PUBLISH: 'true',
};

/** Clusters go from the one to the other in steps. */
const SLOT_MS = [400, 200];

const TOOL_VARIABLES = [
  ...[kafkaConfig, postgresConfig, programConfig, epochConfig].flatMap((shape) => Object.keys(shape)),
  ...['ANCHOR_PROVIDER_URL', 'ANCHOR_WS_URL'],
];

export function planRoles(input: PlanInput): Plan {
  const { options, env, chain } = input;
  const notes: string[] = [];
  const rpcUrl = chain === undefined ? (options.rpc ?? '') : `http://127.0.0.1:${chain.port}`;
  const wsUrl = chain === undefined ? options.ws : `ws://127.0.0.1:${chain.port}`;
  const shared = sharedEnvironment(input, rpcUrl, wsUrl);
  const role = (command: string, extra: Record<string, string> = {}, name = command): RoleProcessSpec => {
    const opsUrl = `http://127.0.0.1:${input.opsPort(name)}`;
    return { name, command, opsUrl, env: { ...shared, ...extra, METRICS_ENDPOINT: `${opsUrl}/metrics` } };
  };

  const roles = [
    ...Array.from({ length: options.listeners }, (_, index) =>
      role(
        'listen',
        { LISTENER_ID: `listener-${index + 1}` },
        options.listeners === 1 ? 'listen' : `listen-${index + 1}`,
      ),
    ),
    role('process'),
    role('sink'),
    role('gateway', { GATEWAY_PORT: String(input.gatewayPort) }),
    role('lag-exporter'),
  ];
  if (env['AGGREGATOR_URL'] !== undefined && env['AGGREGATOR_URL'] !== '') roles.push(role('webhook'));
  if (env['WEBHOOKS_FILE'] !== undefined && env['WEBHOOKS_FILE'] !== '') roles.push(role('webhooks'));
  let publishing = publishes({ ...env, ...shared }, false);
  if (options.untilRoots !== undefined) notes.push('settlement does not run: --until-roots asks for roots only');
  else if (shared['MINT_PUBKEY'] === undefined)
    notes.push('settlement does not run: set MINT_PUBKEY (and SETTLEMENT_KEYPAIR, AUTO_PUBLISH=true to send)');
  else {
    roles.push(role('settle'));
    if (!publishing)
      notes.push(
        'publishing is off (AUTO_PUBLISH is not true): every root is held, nothing is sent; ao.settlements.v1 shows what would be',
      );
  }
  publishing &&= roles.some(({ command }) => command === 'settle');
  if (chain === undefined) notes.push(epochNote({ ...env, ...shared }));
  if (input.protocol !== undefined) notes.push(...input.protocol.notes);
  if (chain !== undefined || input.protocol !== undefined) {
    const unfed = publishing ? {} : { TRAFFIC_ALLOCATIONS: env['TRAFFIC_ALLOCATIONS'] || 'all' };
    roles.push(role('traffic', { GATEWAY_URL: `http://127.0.0.1:${input.gatewayPort}`, ...unfed }));
  }
  return { roles, notes, publishes: publishing, rpcUrl, forTools: toolVariables(input, shared) };
}

/** The local chain's short epochs do not hold on another one, and the default's take days. */
function epochNote(env: Environment): string {
  const { EPOCH_DURATION_SLOTS: slots, FINALIZE_THRESHOLD_SECS: threshold } = loadConfig(z.object(epochConfig), env);
  const [slow, fast] = SLOT_MS.map((slotMs) => `${duration((slots * slotMs) / 1_000)} at slots of ${slotMs} ms`);
  const whence = env['EPOCH_DURATION_SLOTS']
    ? 'EPOCH_DURATION_SLOTS'
    : `the default; EPOCH_DURATION_SLOTS sets another`;
  return `an epoch has ${slots.toLocaleString('en')} slots, about ${slow}, ${fast} (${whence}): its roots come ${threshold} s after its end, the first after the first whole epoch`;
}

function duration(seconds: number): string {
  const hours = seconds / 3_600;
  return hours >= 1 ? `${hours.toFixed(0)} h` : `${(hours * 60).toFixed(1)} min`;
}

function toolVariables(
  { env, gatewayPort, chain }: PlanInput,
  shared: Readonly<Record<string, string>>,
): Record<string, string> {
  const all: Environment = { ...env, ...shared };
  const set = TOOL_VARIABLES.flatMap((name) => (all[name] ? [[name, all[name]] as const] : []));
  const wallet = chain === undefined ? {} : { AO_WALLET: chain.visitor.path };
  return { ...Object.fromEntries(set), ...wallet, GATEWAY_PORT: String(gatewayPort) };
}

function sharedEnvironment(
  { stack, env, chain, protocol, dataDir }: PlanInput,
  rpcUrl: string,
  wsUrl: string | undefined,
): Record<string, string> {
  const shared: Record<string, string> = {
    KAFKA_BROKERS: stack.kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    DATABASE_URL: stack.databaseUrl,
    ANCHOR_PROVIDER_URL: rpcUrl,
    ANCHOR_WS_URL: wsUrl ?? '',
    // A role that was killed is replaced after this long; the default suits machines that may stall for longer.
    KAFKA_SESSION_TIMEOUT_MS: env['KAFKA_SESSION_TIMEOUT_MS'] || '10000',
    NODE_COMPILE_CACHE: join(dataDir, 'compile-cache'),
    // A deployment's settings are not for what runs here: only the environment of npm start counts.
    AO_ENV_FILE: 'none',
  };
  const local: Record<string, string> = chain === undefined && protocol === undefined ? {} : LOCAL_DEFAULTS;
  for (const [name, value] of Object.entries(local)) shared[name] = env[name] || value;
  if (chain !== undefined) {
    shared['MINT_PUBKEY'] = chain.mint.keypair.publicKey.toBase58();
    shared['SETTLEMENT_KEYPAIR'] = chain.publisher.path;
    shared['TRAFFIC_ADMIN_KEYPAIR'] = chain.publisher.path;
    shared['TRAFFIC_VISITOR_KEYPAIR'] = chain.visitor.path;
  } else if (protocol !== undefined) {
    shared['MINT_PUBKEY'] = protocol.mint;
    shared['TRAFFIC_ADMIN_KEYPAIR'] = protocol.adminKeypair;
    if (protocol.settlementKeypair !== undefined) shared['SETTLEMENT_KEYPAIR'] = protocol.settlementKeypair;
  } else if (env['MINT_PUBKEY']) {
    shared['MINT_PUBKEY'] = env['MINT_PUBKEY'];
  }
  return shared;
}
