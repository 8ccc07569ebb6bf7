/** Asking the gateway for settled roots and for a fan's proofs, as a client app does. */

import { hexToBytes } from '@attention-oracle/sdk';

export interface SettledRoot {
  readonly channel: string;
  readonly epoch: bigint;
}

export interface FanProof {
  readonly index: number;
  readonly amount: bigint;
  readonly id: string;
  readonly proof: Uint8Array[];
}

interface GivenProof {
  readonly index: number;
  readonly amount: string;
  readonly id: string;
  readonly proof: readonly string[];
  readonly claimability: { readonly claimable: boolean | null; readonly reason: string | null };
}

const ROOTS = `query SettledRoots { roots(status: SETTLED, first: 100) { edges { node { channel epoch } } } }`;
const PROOFS = `query FanProofs($user: Address!, $channel: String!, $epoch: U64!) {
  proofs(user: $user, channel: $channel, epoch: $epoch) { index amount id proof claimability { claimable reason } }
}`;

/** The newest settled roots. */
export async function settledRoots(gatewayUrl: string, signal: AbortSignal): Promise<SettledRoot[]> {
  const data = await ask<{ roots: { edges: { node: { channel: string; epoch: string } }[] } }>(
    gatewayUrl,
    ROOTS,
    {},
    signal,
  );
  return data.roots.edges.map(({ node }) => ({ channel: node.channel, epoch: BigInt(node.epoch) }));
}

/** What no wait changes. What is claimed, or not published at the moment, may be otherwise after a fork. */
const NEVER = ['INDEX_TOO_HIGH', 'RECIPE_NOT_CLAIMABLE'];

/**
 * The proofs with which a fan can claim from a root, or has claimed already.
 * @throws Error while the gateway cannot tell.
 */
export async function fanProofs(
  gatewayUrl: string,
  user: string,
  root: SettledRoot,
  signal: AbortSignal,
): Promise<FanProof[]> {
  const variables = { user, channel: root.channel, epoch: root.epoch.toString() };
  const { proofs } = await ask<{ proofs: GivenProof[] }>(gatewayUrl, PROOFS, variables, signal);
  const unknown = proofs.find(({ claimability }) => claimability.claimable === null);
  if (unknown !== undefined) throw new Error(`the gateway cannot tell: ${unknown.claimability.reason}`);
  return proofs
    .filter(({ claimability }) => !NEVER.includes(claimability.reason ?? ''))
    .map(({ index, amount, id, proof }) => ({ index, amount: BigInt(amount), id, proof: proof.map(hexToBytes) }));
}

async function ask<Data>(
  gatewayUrl: string,
  query: string,
  variables: Record<string, unknown>,
  signal: AbortSignal,
): Promise<Data> {
  const response = await fetch(`${gatewayUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
  });
  const answer = (await response.json()) as { data?: Data; errors?: { message: string }[] };
  if (answer.data === undefined || answer.errors !== undefined)
    throw new Error(answer.errors?.[0]?.message ?? `status ${response.status}`);
  return answer.data;
}
