/** RPC servers of a test that end with it. */

import { afterEach } from '@jest/globals';
import { claimTransaction } from './claim-transactions.ts';
import { type FixtureOptions, FixtureRpc, type FixtureTransaction } from './fixture-rpc.ts';

const servers: FixtureRpc[] = [];

/** Ends the servers of each test of this file. */
export function stopsServers(): void {
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
}

/** A server with these transactions, without WebSocket, that has finalised slot 100. */
export async function serve(
  transactions: readonly FixtureTransaction[],
  options: FixtureOptions = {},
): Promise<FixtureRpc> {
  const server = await FixtureRpc.start({ webSocket: false, ...options });
  server.add(transactions);
  server.finalizedSlot = 100;
  servers.push(server);
  return server;
}

export const claimsAt = (...slots: number[]): FixtureTransaction[] => slots.map((slot) => claimTransaction({ slot }));
