/** What an RPC server gives to nobody but a loop: every signature listed, then every transaction fetched, nothing else. */

import { postJson } from '../../producers/listener/io/reading/http-post.ts';

export interface FetchLoop {
  readonly url: string;
  readonly programId: string;
  /** Transactions fetched at once. */
  readonly concurrency: number;
  /** `fetch`: the built-in one. `http`: node:http with kept-alive connections, which is lighter. */
  readonly client: 'fetch' | 'http';
}

const PAGE_ROWS = 1000;
const TIMEOUT_MS = 10_000;

/** @returns transactions fetched. */
export async function fetchAll({ url, programId, concurrency, client }: FetchLoop): Promise<number> {
  const { signal } = new AbortController();
  const call = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    if (client === 'http') return resultOf(JSON.parse((await postJson(new URL(url), body, TIMEOUT_MS, signal)).text));
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return resultOf(await response.json());
  };
  const signatures: string[] = [];
  for (let before: string | undefined; ; before = signatures.at(-1)) {
    const page = { commitment: 'finalized', limit: PAGE_ROWS, ...(before === undefined ? {} : { before }) };
    const rows = (await call('getSignaturesForAddress', [programId, page])) as { signature: string }[];
    signatures.push(...rows.map(({ signature }) => signature));
    if (rows.length < PAGE_ROWS) break;
  }
  const config = { commitment: 'finalized', encoding: 'json', maxSupportedTransactionVersion: 1 };
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let signature = signatures[next++]; signature !== undefined; signature = signatures[next++]) {
      await call('getTransaction', [signature, config]);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return signatures.length;
}

function resultOf(answer: unknown): unknown {
  const { result } = answer as { result?: unknown };
  if (result === undefined || result === null) throw new Error('the RPC server gave no result');
  return result;
}
