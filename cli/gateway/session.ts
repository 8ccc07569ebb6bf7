/** A tool's connection to the gateway. */

import { createGatewayClient, type GatewayClient, type GatewayClientOptions } from '@attention-oracle/sdk/graphql';
import type { Command } from 'commander';
import WebSocket from 'ws';

export interface GatewayOptions {
  readonly gateway?: string;
}

/** A person waits for the answer. */
const TIMEOUT_MS = 10_000;

/** Adds --gateway to a command. */
export function withGatewayOption(command: Command): Command {
  return command.option('--gateway <url>', 'gateway; default: port GATEWAY_PORT, else 3000, of this machine');
}

/** Where the gateway is, without a path. */
export function gatewayUrl({ gateway }: GatewayOptions): string {
  return gateway ?? `http://127.0.0.1:${process.env['GATEWAY_PORT'] || '3000'}`;
}

/**
 * @throws AttentionOracleError GATEWAY_UNREACHABLE, GATEWAY_REFUSED.
 */
export async function withGateway<T>(
  options: GatewayOptions,
  work: (client: GatewayClient) => Promise<T>,
  extra: Pick<GatewayClientOptions, 'onReconnect'> = {},
): Promise<T> {
  const client = createGatewayClient({
    url: `${gatewayUrl(options).replace(/\/$/, '')}/graphql`,
    webSocket: WebSocket,
    timeoutMs: TIMEOUT_MS,
    ...extra,
  });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
