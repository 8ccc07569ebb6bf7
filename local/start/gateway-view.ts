/** What the gateway serves of the roots: the outside view by which `npm start` judges that the work is done. */

export interface ServedRoot {
  readonly channel: string;
  readonly epoch: string;
  readonly root: string;
  readonly count: number;
  readonly settled: boolean;
  readonly seenOnChain: boolean;
  readonly signature: string | null;
}

const QUERY = `query ServedRoots($after: String) {
  roots(first: 100, after: $after) {
    edges { node { channel epoch root count settlement { settled seenOnChain signature } } }
    pageInfo { hasNextPage endCursor }
  }
}`;

interface Answer {
  data?: {
    roots: {
      edges: {
        node: Omit<ServedRoot, 'settled' | 'seenOnChain' | 'signature'> & {
          settlement: Pick<ServedRoot, 'settled' | 'seenOnChain' | 'signature'>;
        };
      }[];
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    };
  };
  errors?: { message: string }[];
}

/**
 * Every root that the gateway serves.
 * @throws Error when the gateway does not answer or answers with errors.
 */
export async function servedRoots(gatewayUrl: string): Promise<ServedRoot[]> {
  const roots: ServedRoot[] = [];
  for (let after: string | null = null; ; ) {
    const response = await fetch(`${gatewayUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: QUERY, variables: { after } }),
      signal: AbortSignal.timeout(5000),
    });
    const answer = (await response.json()) as Answer;
    if (answer.data === undefined || answer.errors !== undefined)
      throw new Error(answer.errors?.[0]?.message ?? `status ${response.status}`);
    const { edges, pageInfo } = answer.data.roots;
    for (const { node } of edges) {
      const { settlement, ...root } = node;
      roots.push({ ...root, ...settlement });
    }
    if (!pageInfo.hasNextPage) return roots;
    after = pageInfo.endCursor;
  }
}
