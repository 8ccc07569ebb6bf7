/** Sends what the contracts allow, and what they do not, to a gateway, and judges what it answers. */

import { buildSchema, type GraphQLSchema } from 'graphql';
import { SeededRandom } from '../random.ts';
import { graphqlRequest } from './graphql-requests.ts';
import type { KnownValues } from './hostile.ts';
import { type OpenApi, restRequest } from './rest-requests.ts';

export interface FuzzOptions {
  readonly url: string;
  readonly known: KnownValues;
  readonly seed: number;
  readonly requests: number;
  /** Ends it before. */
  isOver?(): boolean;
  /** Called after every so many requests with how many there were. */
  onProgress?(done: number): Promise<void>;
}

export interface Fuzzed {
  readonly requests: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Answers with data. */
  readonly answered: number;
  /** What must not be: an answer of 500 or more, of no JSON, a fault of the gateway, none at all. Each with how to ask again. */
  readonly wrong: readonly string[];
}

interface Request {
  readonly path: string;
  readonly init: RequestInit & { readonly method: string; readonly body?: string };
}

const AT_ONCE = 8;
const PROGRESS_EVERY = 1000;
const MOST_TOLD = 20;
const LONGEST_URL = 8000;

export async function fuzz({ url, known, seed, requests, isOver, onProgress }: FuzzOptions): Promise<Fuzzed> {
  const schema = buildSchema(await (await fetch(`${url}/graphql/schema.graphql`)).text());
  const openApi = (await (await fetch(`${url}/docs/json`)).json()) as OpenApi;
  const statuses: Record<string, number> = {};
  const wrong: string[] = [];
  let [next, answered] = [0, 0];
  const run = async (): Promise<void> => {
    while (next < requests && isOver?.() !== true && wrong.length < MOST_TOLD) {
      const number = next++;
      // Of its number alone, so that one request can be sent again.
      const { path, init } = requestOf(new SeededRandom(seed * 1_000_003 + number), schema, openApi, known);
      const fault = (what: string): void =>
        void wrong.push(
          `request ${number} of seed ${seed}: ${what}: ${init.method} ${path} ${init.body ?? ''}`.slice(0, 2000),
        );
      try {
        const response = await fetch(url + path, init);
        const text = await response.text();
        statuses[response.status] = (statuses[response.status] ?? 0) + 1;
        if (/"data":\{|"proofs":|"root":|"valid":/.test(text)) answered += 1;
        const refusal = faultOf(response.status, text);
        if (refusal !== undefined) fault(refusal);
      } catch (error) {
        fault(`no answer (${String(error)})`);
      }
      if ((number + 1) % PROGRESS_EVERY === 0) await onProgress?.(number + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
  return { requests: next, statuses, answered, wrong };
}

function requestOf(random: SeededRandom, schema: GraphQLSchema, openApi: OpenApi, known: KnownValues): Request {
  if (random.chance(0.4)) {
    const { path, method, headers, body } = restRequest(openApi, random, known);
    return { path, init: { method, headers, ...(method !== 'GET' && body !== undefined && { body }) } };
  }
  const { query, variables, ...rest } = graphqlRequest(schema, random, known);
  const asGet = `/graphql?query=${encodeURIComponent(query.toWellFormed())}&variables=${encodeURIComponent(JSON.stringify(variables))}`;
  if (random.chance(0.2) && asGet.length < LONGEST_URL)
    return { path: asGet, init: { method: 'GET', headers: { accept: 'application/json' } } };
  const body = JSON.stringify({ query, variables, ...rest });
  return { path: '/graphql', init: { method: 'POST', headers: { 'content-type': 'application/json' }, body } };
}

/** Why that answer must not be. */
export function faultOf(status: number, text: string): string | undefined {
  if (status >= 500) return `status ${status} ${text.slice(0, 300)}`;
  if (/INTERNAL_SERVER_ERROR|SERVICE_UNAVAILABLE/.test(text)) return text.slice(0, 300);
  if (status === 204 || status === 304 || text === '') return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return `not JSON: ${text.slice(0, 100)}`;
  }
}
