/** Statements that the server plans once a connection, not at every question: planning takes longer than answering. */

import { createHash } from 'node:crypto';
import type { QueryConfig } from 'pg';

/** Names by text; there are as many as forms of statements. */
const names = new Map<string, string>();

export function prepared(text: string, values: unknown[] = []): QueryConfig {
  let name = names.get(text);
  if (name === undefined) {
    name = `gateway-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
    names.set(text, name);
  }
  return { name, text, values };
}
