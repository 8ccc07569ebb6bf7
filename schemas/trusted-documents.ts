/** The manifest of persisted operations: what the SDK's client and the clients of clients/ ask. */

import { createHash } from 'node:crypto';
import { Kind, parse, print, separateOperations } from 'graphql';

/**
 * As Apollo's clients and tools read it.
 * @param sdk The SDK's generated module: its documents byte for byte as they are sent.
 * @param clients Operations of the clients, each printed by itself.
 */
export function trustedDocuments(sdk: string, clients: string): string {
  const sent = [...sdk.matchAll(/^export const \w+Document = `([^`]*)`;$/gm)].map(([, body = '']) => body);
  const printed = Object.values(separateOperations(parse(clients))).map(print);
  const operations = [...sent, ...printed].map((body) => {
    const operation = parse(body).definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    return {
      id: createHash('sha256').update(body).digest('hex'),
      name: operation?.name?.value,
      type: operation?.operation,
      body,
    };
  });
  return `${JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }, null, 2)}\n`;
}
