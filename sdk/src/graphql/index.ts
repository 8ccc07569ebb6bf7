/**
 * A typed client of the gateway: queries as promises, subscriptions as async iterables that survive a lost connection.
 * Needs `graphql-ws` (and its peer `graphql`) for subscriptions.
 *
 * @module
 */

export { createGatewayClient, type GatewayClient, type GatewayClientOptions } from './gateway-client.ts';
export type * from './operations.generated.ts';
