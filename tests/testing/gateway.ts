/** Asking the gateway, as a client program does: by HTTP and by nothing else. */

export interface ServedRoot {
  readonly channel: string;
  readonly epoch: string;
  readonly root: string;
  readonly count: number;
  readonly status: string;
  readonly settlement: { readonly settled: boolean; readonly seenOnChain: boolean; readonly signature: string | null };
}

export interface ServedProof {
  readonly index: number;
  readonly user: string;
  readonly amount: string;
  readonly id: string;
  readonly leaf: string;
  readonly proof: readonly string[];
  readonly root: string;
  readonly settled: boolean;
  readonly claimable: boolean;
}

export interface GraphqlAnswer {
  readonly status: number;
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** Sends a GraphQL request, whatever the body is. */
export async function postGraphql(gatewayUrl: string, body: string): Promise<GraphqlAnswer> {
  const response = await fetch(`${gatewayUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(10_000),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

/** @throws Error when the gateway answers with errors. */
export async function query<Data>(
  gatewayUrl: string,
  text: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<Data> {
  const { data, errors, status } = await postGraphql(gatewayUrl, JSON.stringify({ query: text, variables }));
  if (data == null || errors !== undefined) throw new Error(errors?.[0]?.message ?? `status ${status}`);
  return data as Data;
}

/** Every root that the gateway serves. */
export async function servedRoots(gatewayUrl: string): Promise<ServedRoot[]> {
  const roots: ServedRoot[] = [];
  for (let after: string | null = null; ; ) {
    const { roots: page }: RootPage = await query<RootPage>(
      gatewayUrl,
      `query ($after: String) { roots(first: 50, after: $after) {
        edges { node { channel epoch root count status settlement { settled seenOnChain signature } } }
        pageInfo { hasNextPage endCursor } } }`,
      { after },
    );
    roots.push(...page.edges.map(({ node }) => node));
    if (!page.pageInfo.hasNextPage) return roots;
    after = page.pageInfo.endCursor;
  }
}

interface RootPage {
  readonly roots: {
    readonly edges: readonly { readonly node: ServedRoot }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

/** The proofs with which a user can claim from the root of a channel and epoch. */
export async function servedProofs(
  gatewayUrl: string,
  user: string,
  channel: string,
  epoch: number | string,
): Promise<ServedProof[]> {
  const { proofs } = await query<{ proofs: ServedProof[] }>(
    gatewayUrl,
    `query ($user: Address!, $channel: String!, $epoch: U64!) { proofs(user: $user, channel: $channel, epoch: $epoch) {
      index user amount id leaf proof root settled claimable } }`,
    { user, channel, epoch: String(epoch) },
  );
  return proofs;
}
