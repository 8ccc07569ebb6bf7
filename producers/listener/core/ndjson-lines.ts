/** The lines of the NDJSON log. Whole numbers that JavaScript cannot hold are decimal text. Pure. */

import type { StreamEvent } from '../../../schemas/records.ts';

/** The whole event; instruction bytes in base64. */
export function eventLine(event: StreamEvent): string {
  const { raw, ...fields } = event;
  return toJson({ ...fields, raw: Buffer.from(raw).toString('base64') });
}

/** The line of the legacy listener: {ts, signature, slot, name, data}, one an instruction. */
export function legacyLine(event: StreamEvent): string {
  const { timestamp, signature, slot, channel, instruction } = event;
  const data = Object.fromEntries(
    Object.entries({ channel, ...instruction.data }).filter(([, value]) => value !== null),
  );
  return toJson({ ts: timestamp, signature, slot, name: instruction.name, data });
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
}
