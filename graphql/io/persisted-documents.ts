/**
 * Documents that are named by their hash: those of a manifest, which this deployment trusts, and, unless it accepts nothing else, whatever
 * clients have sent with its hash before. On every transport the same.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type DocumentNode, GraphQLError, parse, print, separateOperations, stripIgnoredCharacters } from 'graphql';
import { z } from 'zod';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { ByteCache } from '../core/byte-cache.ts';
import { badInput } from '../core/cursor.ts';

export interface PersistedOptions {
  /** File of a manifest; undefined: none is trusted beforehand. */
  readonly manifest: string | undefined;
  /** Whether anything else is refused. */
  readonly trustedOnly: boolean;
  /** Most bytes of documents that clients have sent. */
  readonly capacityBytes: number;
}

/** What a client sends of a document: its text, its hash, or both. */
export interface SentDocument {
  readonly query?: string | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/** As Apollo's clients and tools write it. */
const manifestShape = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z
    .array(
      z.object({
        id: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256, lower-case hexadecimal'),
        body: z.string(),
      }),
    )
    .min(1),
});

const extensionShape = z.object({ version: z.literal(1), sha256Hash: z.string().regex(/^[0-9a-f]{64}$/) });

export class PersistedDocuments {
  readonly trustedOnly: boolean;
  /** Texts by their hash. */
  readonly #trusted: ReadonlyMap<string, string>;
  /** Their operations, one by one, without what a writer of documents is free in. */
  readonly #operations: ReadonlySet<string>;
  readonly #sent: ByteCache<string>;
  /** Documents already found to be trusted, by the operation asked for. */
  readonly #judged = new WeakMap<DocumentNode, Set<string>>();

  /** @throws AppError CONFIG_INVALID */
  constructor({ manifest, trustedOnly, capacityBytes }: PersistedOptions) {
    if (trustedOnly && manifest === undefined)
      throw new AppError(
        'CONFIG_INVALID',
        'GATEWAY_TRUSTED_ONLY needs GATEWAY_TRUSTED_DOCUMENTS, the file of a manifest.',
      );
    this.trustedOnly = trustedOnly;
    this.#trusted = manifest === undefined ? new Map() : readManifest(manifest);
    this.#operations = new Set(
      [...this.#trusted.values()].flatMap((text) => operationsOf(parse(text)).map(([, body]) => body)),
    );
    this.#sent = new ByteCache(capacityBytes);
  }

  get bytes(): number {
    return this.#sent.bytes;
  }

  /** @param hash SHA-256, lower-case hexadecimal. */
  known(hash: string): string | undefined {
    return this.#trusted.get(hash) ?? this.#sent.get(hash);
  }

  remember(hash: string, text: string): void {
    if (!this.trustedOnly && !this.#trusted.has(hash)) this.#sent.set(hash, text, 2 * text.length);
  }

  /**
   * The text that is meant.
   * @throws GraphQLError PERSISTED_QUERY_NOT_FOUND; BAD_USER_INPUT for a hash that is not the text's.
   */
  textOf({ query, extensions }: SentDocument): string {
    const named = extensions?.['persistedQuery'];
    if (named === undefined || named === null) return query ?? '';
    const { data } = extensionShape.safeParse(named);
    if (data === undefined)
      throw badInput('persistedQuery must have version 1 and sha256Hash, the SHA-256 of the document in hexadecimal.');
    if (query == null || query === '') {
      const known = this.known(data.sha256Hash);
      if (known === undefined) throw notFound();
      return known;
    }
    if (createHash('sha256').update(query).digest('hex') !== data.sha256Hash)
      throw badInput('sha256Hash is not the SHA-256 of the document that came with it.');
    this.remember(data.sha256Hash, query);
    return query;
  }

  /**
   * Whatever the hash, what counts is the operation: a client's generator may write it in another way.
   * @throws GraphQLError DOCUMENT_NOT_TRUSTED where nothing else is accepted.
   */
  admit(document: DocumentNode, operationName: string | null | undefined): void {
    if (!this.trustedOnly) return;
    const judged = this.#judged.get(document) ?? new Set();
    if (judged.has(operationName ?? '')) return;
    const operations = operationsOf(document);
    const asked = operations.filter(
      ([name]) => operationName == null || operationName === '' || name === operationName,
    );
    if (asked.length === 0 || !asked.every(([, body]) => this.#operations.has(body))) throw notTrusted();
    judged.add(operationName ?? '');
    this.#judged.set(document, judged);
  }
}

/** Each operation with the fragments that it needs, in one spelling. */
function operationsOf(document: DocumentNode): [name: string, body: string][] {
  return Object.entries(separateOperations(document)).map(([name, operation]) => {
    const definitions = operation.definitions.toSorted((a, b) => print(a).localeCompare(print(b)));
    return [name, stripIgnoredCharacters(print({ ...operation, definitions }))];
  });
}

function readManifest(file: string): Map<string, string> {
  try {
    const { operations } = manifestShape.parse(JSON.parse(readFileSync(file, 'utf8')));
    for (const { id, body } of operations)
      if (createHash('sha256').update(body).digest('hex') !== id)
        throw new Error(`${id} is not the SHA-256 of its body`);
    return new Map(operations.map(({ id, body }) => [id, body]));
  } catch (cause) {
    throw new AppError(
      'CONFIG_INVALID',
      `GATEWAY_TRUSTED_DOCUMENTS: ${file} is no manifest of persisted operations: ${messageOf(cause)}. \`npm run generate\` writes one of this repository's clients.`,
      { cause },
    );
  }
}

const notFound = (): GraphQLError =>
  new GraphQLError('PersistedQueryNotFound', { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } });

const notTrusted = (): GraphQLError =>
  new GraphQLError('This gateway answers the documents of its manifest only; ask whoever runs it to add this one.', {
    extensions: { code: 'DOCUMENT_NOT_TRUSTED', http: { status: 403 } },
  });
