/** Requests of an OpenAPI document. Seeded. Pure. */

import type { SeededRandom } from '../random.ts';
import { anyText, anyValue, fittingValue, type KnownValues } from './hostile.ts';

/** As far as it is read. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
}

interface OpenApiOperation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: {
    readonly content?: Readonly<
      Record<string, { readonly schema?: { readonly properties?: Readonly<Record<string, unknown>> } }>
    >;
  };
}

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The type of GraphQL that a parameter of the facade is. */
const TYPES: Readonly<Record<string, string>> = {
  userId: 'Address',
  epoch: 'U64',
  index: 'Int',
  root: 'Hash',
  claim_id: 'Hash',
};

export function restRequest({ paths }: OpenApi, random: SeededRandom, known: KnownValues): RestRequest {
  const [template, operations] = random.pick(Object.entries(paths));
  const [method, operation] = random.pick(Object.entries(operations));
  const value = (name: string): string =>
    random.chance(0.3) ? anyText(random, known) : String(fittingValue(TYPES[name] ?? 'String', name, random, known));
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encoded(value(name)));
  const query = (operation.parameters ?? [])
    .filter((parameter) => parameter.in === 'query' && random.chance(0.5))
    .map(({ name }) => `${name}=${encoded(value(name))}`);
  const properties = Object.keys(operation.requestBody?.content?.['application/json']?.schema?.properties ?? {});
  const body = random.chance(0.2)
    ? anyValue(random, known)
    : Object.fromEntries(
        properties.map((name) => [
          name,
          name === 'merkle_path'
            ? Array.from({ length: random.between(0, 12) }, () => random.pick(known.hashes))
            : value(name),
        ]),
      );
  const text = properties.length === 0 ? undefined : JSON.stringify(body);
  return {
    method: random.chance(0.03) ? random.pick(['POST', 'PUT', 'DELETE', 'OPTIONS']) : method.toUpperCase(),
    path: query.length === 0 ? path : `${path}?${query.join('&')}`,
    headers: {
      ...(text !== undefined && { 'content-type': random.chance(0.95) ? 'application/json' : 'text/plain' }),
      ...(random.chance(0.2) && { 'if-none-match': `"${random.pick(known.hashes)}"` }),
    },
    body: text !== undefined && random.chance(0.05) ? text.slice(0, random.between(0, text.length)) : text,
  };
}

/** As a part of a path; what cannot be encoded is sent as it stands for bytes. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
