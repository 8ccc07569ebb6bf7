/** The recorded transactions as a listener writes them, and a watermark over all of them. */

import { readFileSync } from 'node:fs';
import { decodeTransaction } from '@attention-oracle/sdk';
import type { Input } from '../../processors/epoch-roots/core/partition-state.ts';
import { claimEvent, mark } from '../../processors/epoch-roots/testing/records.ts';

const RECORDING = new URL('../../sdk/fixtures/recorded/transactions.ndjson', import.meta.url);

export function recordedLog(): Input[] {
  const lines = readFileSync(RECORDING, 'utf8').trim().split('\n');
  const events = lines.flatMap((line) => {
    const {
      slot,
      signature,
      succeeded,
      events: found,
    } = decodeTransaction((JSON.parse(line) as { json: unknown }).json);
    return found.map(({ eventId, action, name, args, channel, channelAsSeen, claimer, protocolState }): Input => {
      const base = claimEvent({ tx: 0, slot, kind: 'finalized' });
      const { amount = null, id = null } = args as { amount?: bigint; id?: string };
      const instruction = {
        ...base.instruction,
        action,
        name,
        data: { ...base.instruction.data, claimer, amount, id },
      };
      const identity = { eventId, signature, succeeded, channel, channelAsSeen, protocolState };
      return { name: 'StreamEvent', value: { ...base, ...identity, instruction } };
    });
  });
  const last = Math.max(...events.map(({ value }) => value.slot));
  return [...events, mark({ from: 0, to: last + 30 })];
}
