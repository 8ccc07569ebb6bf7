import { base58, fieldsOf, hash, invalid, list, text, u32, u64 } from './fields.ts';
import type { BundledReceipt, ListenerVerdict } from './proof-bundle.ts';

export const SIGNATURE_BYTES = 64;
const MAX_LISTENERS = 1000;
const VERDICTS: readonly ListenerVerdict[] = ['seen', 'taken_back', 'not_seen', 'unknown'];

/** @throws AttentionOracleError BUNDLE_INVALID, with the field's path in the context. */
export function parseReceipt(value: unknown): BundledReceipt {
  const receipt = fieldsOf(value, 'receipt');
  return {
    root: hash(receipt.root, 'receipt.root'),
    signature: base58(receipt.signature, SIGNATURE_BYTES, 'receipt.signature'),
    slot: u64(receipt.slot, 'receipt.slot'),
    blockTime: receipt.blockTime === null ? null : u64(receipt.blockTime, 'receipt.blockTime'),
    feeLamports: receipt.feeLamports === null ? null : u64(receipt.feeLamports, 'receipt.feeLamports'),
    seenBy: list(receipt.seenBy, MAX_LISTENERS, 'receipt.seenBy').map((one, i) =>
      sighting(one, `receipt.seenBy[${i}]`),
    ),
    verdicts: list(receipt.verdicts, MAX_LISTENERS, 'receipt.verdicts').map((one, i) =>
      verdict(one, `receipt.verdicts[${i}]`),
    ),
  };
}

function sighting(value: unknown, field: string): BundledReceipt['seenBy'][number] {
  const { listener, partition, offset } = fieldsOf(value, field);
  return {
    listener: text(listener, `${field}.listener`),
    partition: u32(partition, `${field}.partition`),
    offset: offset === null ? null : u64(offset, `${field}.offset`),
  };
}

function verdict(value: unknown, field: string): BundledReceipt['verdicts'][number] {
  const said = fieldsOf(value, field);
  const found = VERDICTS.find((one) => one === said.verdict);
  if (found === undefined) throw invalid(`${field}.verdict`, `must be one of ${VERDICTS.join(', ')}`);
  return {
    listener: text(said.listener, `${field}.listener`),
    endpoint: text(said.endpoint, `${field}.endpoint`),
    method: text(said.method, `${field}.method`),
    verdict: found,
  };
}
