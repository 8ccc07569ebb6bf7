/**
 * Which endpoints may be asked: those that are shown to be of the chain that this listener has read until now, and to hold
 * the history that comes next. Pure.
 */

import { AppError } from '../../../../runtime/errors.ts';
import type { EndpointFacts } from '../ports.ts';

export interface Admission {
  readonly endpoints: readonly string[];
  /** Of the chain; null where no endpoint says. */
  readonly genesisHash: string | null;
  /** Endpoint to why it is not asked. */
  readonly leftOut: ReadonlyMap<string, AppError>;
}

/**
 * @param knownHash Genesis hash of the chain that was read until now; null where nothing was, or where no endpoint said.
 * @param neededSlot First slot that is not proven yet.
 * @throws AppError CHAIN_DIFFERS, CHAIN_UNKNOWN, HISTORY_TOO_SHORT (all retryable: an operator mends the endpoints).
 */
export function admit(facts: readonly EndpointFacts[], knownHash: string | null, neededSlot: number): Admission {
  const hash = knownHash ?? facts.find(({ genesisHash }) => genesisHash !== null)?.genesisHash ?? null;
  const foreign = facts.filter(({ genesisHash }) => genesisHash !== null && genesisHash !== hash);
  if (hash !== null && foreign.length > 0) throw chainDiffers(facts, foreign, hash, knownHash !== null);
  const leftOut = new Map<string, AppError>();
  for (const { endpoint, genesisHash, firstSlot } of facts) {
    if (hash !== null && genesisHash === null) leftOut.set(endpoint, chainUnknown(endpoint, hash));
    else if (firstSlot !== undefined && firstSlot > neededSlot) {
      leftOut.set(endpoint, historyTooShort(endpoint, firstSlot, neededSlot));
    }
  }
  const endpoints = facts.map(({ endpoint }) => endpoint).filter((endpoint) => !leftOut.has(endpoint));
  const [reason] = leftOut.values();
  if (endpoints.length === 0 && reason !== undefined) throw reason;
  return { endpoints, genesisHash: hash, leftOut };
}

function chainDiffers(
  facts: readonly EndpointFacts[],
  foreign: readonly EndpointFacts[],
  hash: string,
  known: boolean,
): AppError {
  const named = (each: readonly EndpointFacts[]): string =>
    each.map(({ endpoint, genesisHash }) => `${endpoint} (genesis ${genesisHash ?? 'not said'})`).join(', ');
  const context = { genesisHash: hash, endpoints: foreign.map(({ endpoint }) => endpoint) };
  const message = known
    ? `This listener has read the chain with genesis ${hash}; of another chain is ${named(foreign)}. Point ANCHOR_PROVIDER_URL at the chain that was read until now, or read the other one under a KAFKA_NAMESPACE of its own.`
    : `The RPC endpoints are of different chains: ${named(facts)}. Give ANCHOR_PROVIDER_URL endpoints of one cluster only.`;
  return new AppError('CHAIN_DIFFERS', message, { retryable: true, context });
}

function chainUnknown(endpoint: string, genesisHash: string): AppError {
  return new AppError(
    'CHAIN_UNKNOWN',
    `${endpoint} does not answer getGenesisHash, so nothing shows that it is of the chain with genesis ${genesisHash}; it is not asked. Use an endpoint that says which chain it is of.`,
    { retryable: true, context: { endpoint, genesisHash } },
  );
}

/** The server's history begins above what comes next. */
export function historyTooShort(endpoint: string, firstSlot: number, neededSlot: number): AppError {
  return new AppError(
    'HISTORY_TOO_SHORT',
    `The history of ${endpoint} begins at slot ${firstSlot}; slots ${neededSlot} to ${firstSlot - 1} come next and are not there, so what happened in them is not known. Point ANCHOR_PROVIDER_URL at a server with the whole history, or begin anew at START_SLOT=${firstSlot} or later (a listener that has a cursor: under another LISTENER_ID).`,
    { retryable: true, context: { endpoint, firstSlot, neededSlot } },
  );
}
