/** An event in the form of the legacy listener's line, which its log holds and the legacy aggregator takes. Pure. */

import type { StreamEvent } from '../schemas/records.ts';

/** Arguments of the instruction that it has, and the channel; u64 as decimal text. */
export type LegacyData = Record<string, string | number | boolean>;

export interface LegacyLine {
  /** Block time as ISO 8601 UTC; empty when the node knew none. */
  readonly ts: string;
  readonly signature: string;
  readonly slot: number;
  /** The program's own name of the instruction, snake_case. */
  readonly name: string;
  readonly data: LegacyData;
}

export function legacyLine({ timestamp, signature, slot, channel, instruction }: StreamEvent): LegacyLine {
  const data: LegacyData = {};
  for (const [name, value] of Object.entries({ channel, ...instruction.data })) {
    if (value !== null) data[name] = typeof value === 'bigint' ? value.toString() : value;
  }
  return { ts: timestamp, signature, slot, name: instruction.name, data };
}
