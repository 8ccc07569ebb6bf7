/** The lines of the NDJSON log. Whole numbers that JavaScript cannot hold are decimal text. Pure. */

import { legacyLine } from '../../../../domain/legacy-line.ts';
import type { StreamEvent } from '../../../../schemas/records.ts';

/** The whole event; instruction bytes in base64. */
export function eventLine(event: StreamEvent): string {
  const { raw, ...fields } = event;
  return toJson({ ...fields, raw: Buffer.from(raw).toString('base64') });
}

/** The line of the legacy listener: {ts, signature, slot, name, data}, one an instruction. */
export function legacyLineText(event: StreamEvent): string {
  return toJson(legacyLine(event));
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
}
