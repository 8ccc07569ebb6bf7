import { encodeBase58 } from '../encoding/base58.ts';
import type { TransactionMeta } from '../transaction/meta.ts';
import { allKeys } from '../transaction/render.ts';
import { parseTransaction } from '../transaction/wire.ts';
import type { TransactionRecord } from './record.ts';

/** A line of a recording: what a node answered about one transaction. */
type RecordedLine = {
  signatureInfo?: { err?: unknown; memo?: string | null };
  json?: { slot?: unknown; blockTime?: unknown; meta?: TransactionMeta | null };
  base64?: unknown;
};

/**
 * Reads one line of a recording: `json` is a getTransaction answer in encoding json, `base64` the transaction itself
 * (`[text, "base64"]`), `signatureInfo` its row of getSignaturesForAddress.
 * @throws Error saying what is wrong with the line.
 */
export function readRecordedLine(line: string): TransactionRecord {
  const { signatureInfo, json, base64 } = JSON.parse(line) as RecordedLine;
  const text: unknown = Array.isArray(base64) ? base64[0] : base64;
  if (typeof text !== 'string') throw new Error('`base64` must be the transaction as ["…", "base64"]');
  if (typeof json?.slot !== 'number') throw new Error('`json.slot` must be a number');
  if (!json.meta) throw new Error('`json.meta` is missing');
  const wire = new Uint8Array(Buffer.from(text, 'base64'));
  const transaction = parseTransaction(wire);
  const signature = transaction.signatures[0] ?? new Uint8Array(64);
  return {
    slot: json.slot,
    blockTime: typeof json.blockTime === 'number' ? json.blockTime : null,
    signature,
    id: encodeBase58(signature),
    errorText: JSON.stringify(signatureInfo?.err ?? json.meta.err ?? null),
    memo: signatureInfo?.memo ?? null,
    wire,
    metaText: JSON.stringify(json.meta),
    accountKeys: allKeys(transaction, json.meta.loadedAddresses),
  };
}
