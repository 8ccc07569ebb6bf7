/** Ids that name one thing among all of the schema, opaque to clients: its type and its key. Pure. */

import { badInput } from './cursor.ts';

export type NodeKey =
  | { readonly type: 'Root' | 'Settlement'; readonly epoch: bigint; readonly channel: string }
  | { readonly type: 'Epoch'; readonly epoch: bigint }
  | { readonly type: 'ClaimNode'; readonly eventId: string };

export function globalId(key: NodeKey): string {
  return Buffer.from(JSON.stringify(partsOf(key))).toString('base64url');
}

function partsOf(key: NodeKey): string[] {
  switch (key.type) {
    case 'ClaimNode':
      return [key.type, key.eventId];
    case 'Epoch':
      return [key.type, key.epoch.toString()];
    default:
      return [key.type, key.epoch.toString(), key.channel];
  }
}

/** @throws GraphQLError BAD_USER_INPUT for an id that is none of ours. */
export function nodeKeyOf(id: string): NodeKey {
  const [type, ...rest] = textsOf(id);
  const [first, second] = rest;
  if (type === 'ClaimNode' && rest.length === 1 && first !== undefined) return { type, eventId: first };
  const epoch = /^\d{1,20}$/.test(first ?? '') ? BigInt(first ?? '') : undefined;
  if (type === 'Epoch' && rest.length === 1 && epoch !== undefined) return { type, epoch };
  if ((type === 'Root' || type === 'Settlement') && rest.length === 2 && epoch !== undefined && second !== undefined)
    return { type, epoch, channel: second };
  throw badInput('id is not a global id of this schema; take the field id of a Node.');
}

function textsOf(id: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(id, 'base64url').toString('utf8'));
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : [];
  } catch {
    return [];
  }
}
