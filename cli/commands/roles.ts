/** `ao listen|process|sink|settle|webhook|webhooks|gateway|parity-watch|lag-exporter|chain|traffic`: one process each, modules loaded when asked for. */

import type { Command } from 'commander';
import type { z } from 'zod';
import type { EnvFile } from '../../runtime/env-file.ts';
import { type Role, runRole } from '../../runtime/role.ts';

interface RoleCommand {
  readonly name: string;
  readonly description: string;
  /** Only of the network on a developer's machine; never deployed. */
  readonly local?: true;
  load(): Promise<{ role: unknown }>;
}

export const ROLE_COMMANDS: readonly RoleCommand[] = [
  {
    name: 'listen',
    description: "turn the program's transactions into StreamEvents",
    load: () => import('../../producers/listener/main.ts'),
  },
  {
    name: 'process',
    description: 'keep epoch state and emit finalised roots',
    load: () => import('../../processors/epoch-roots/main.ts'),
  },
  {
    name: 'sink',
    description: 'write claims, roots, epochs and the settlement log to Postgres',
    load: () => import('../../sinks/postgres/main.ts'),
  },
  { name: 'settle', description: 'publish roots on chain', load: () => import('../../sinks/settlement/main.ts') },
  {
    name: 'webhook',
    description: 'push events to the legacy aggregator',
    load: () => import('../../sinks/webhook/main.ts'),
  },
  {
    name: 'webhooks',
    description: 'deliver roots and settlements to the endpoints of integrators',
    load: () => import('../../sinks/webhooks/main.ts'),
  },
  {
    name: 'gateway',
    description: 'serve GraphQL, subscriptions and REST',
    load: () => import('../../graphql/main.ts'),
  },
  {
    name: 'parity-watch',
    description: "compare our roots with the legacy system's again and again",
    load: () => import('../../transition/main.ts'),
  },
  { name: 'lag-exporter', description: 'serve consumer lag for Prometheus', load: () => import('../lag/exporter.ts') },
  {
    name: 'chain',
    local: true,
    description: 'a local chain with the program, for development',
    load: () => import('../../local/chain/main.ts'),
  },
  {
    name: 'traffic',
    local: true,
    description: 'fans that claim on the local chain with proofs from the gateway',
    load: () => import('../../local/traffic/main.ts'),
  },
];

/** Names of the variables that each deployed role reads, by command. */
export async function variablesOfRoles(): Promise<Map<string, string[]>> {
  const deployed = ROLE_COMMANDS.filter(({ local }) => local !== true);
  const found = deployed.map(async ({ name, load }) => {
    const { config } = (await load()).role as Role<z.ZodRawShape>;
    return [name, Object.keys(config.shape)] as const;
  });
  return new Map(await Promise.all(found));
}

/** @param file The operator's file, whose variables are in the environment already. */
export function addRoleCommands(program: Command, file: EnvFile | undefined): void {
  for (const command of ROLE_COMMANDS) {
    program
      .command(command.name)
      .description(command.description)
      .action(async () => {
        const { role } = await command.load();
        await runRole(role as Role<z.ZodRawShape>, process.env, file);
      });
  }
}
