/** From a record to what is delivered of it: the same bytes and the same id, however often and by whomever it is sent. */

import { createHash } from 'node:crypto';
import type { RootFinalizedMessage, SettlementUpdatedMessage } from '@attention-oracle/sdk';
import { AppError } from '../../../runtime/errors.ts';
import type { RecordName, Records, RootFinalized, SettlementRecord } from '../../../schemas/records.ts';
import { type Cursor, cursorText } from './cursor.ts';
import type { Kind } from './endpoint.ts';

export interface OutgoingMessage {
  readonly kind: Kind;
  readonly channel: string;
  readonly status?: string;
  /** `webhook-id`. */
  readonly id: string;
  readonly body: string;
  /** Of a settlement: where its root stands, which is delivered first. */
  readonly root?: { readonly partition: number; readonly offset: bigint };
}

/** @throws AppError RECORD_UNEXPECTED for a record that nothing is delivered of. */
export function messageOfRecord(
  record: { [Name in RecordName]: { readonly name: Name; readonly value: Records[Name] } }[RecordName],
  place: Cursor,
): OutgoingMessage {
  const cursor = cursorText(place);
  if (record.name === 'RootFinalized') return rootMessage(record.value, cursor);
  if (record.name === 'SettlementRecord') return settlementMessage(record.value, cursor);
  throw new AppError('RECORD_UNEXPECTED', `${record.name} at ${cursor} is none of roots and settlements.`);
}

function rootMessage(root: RootFinalized, cursor: string): OutgoingMessage {
  const finalizedAt = new Date(root.finalizedAt).toISOString();
  const message: RootFinalizedMessage = {
    type: 'rootFinalized',
    timestamp: finalizedAt,
    cursor,
    data: {
      channel: root.channel,
      epoch: root.epoch.toString(),
      root: root.root,
      count: root.count,
      recipe: root.recipe,
      oddNode: root.oddNode === 'promote' ? 'PROMOTE' : 'DUPLICATE',
      startSlot: String(root.startSlot),
      endSlot: String(root.endSlot),
      finalizedAt,
    },
  };
  const id = messageId('rootFinalized', root.channel, root.epoch, root.root);
  return { kind: 'rootFinalized', channel: root.channel, id, body: JSON.stringify(message) };
}

function settlementMessage(step: SettlementRecord, cursor: string): OutgoingMessage {
  const { channel, epoch, root, status, attempt, signature, reason } = step;
  const at = new Date(step.at).toISOString();
  const message: SettlementUpdatedMessage = {
    type: 'settlementUpdated',
    timestamp: at,
    cursor,
    data: {
      ...{ channel, epoch: epoch.toString(), root, status, attempt, signature },
      slot: step.slot === null ? null : String(step.slot),
      feeLamports: step.feeLamports === null ? null : step.feeLamports.toString(),
      ...{ reason, at },
    },
  };
  return {
    ...{ kind: 'settlementUpdated', channel, status },
    id: messageId('settlementUpdated', channel, epoch, root, status, attempt, signature, step.at, step.worker),
    body: JSON.stringify(message),
    root: { partition: step.rootPartition, offset: BigInt(step.rootOffset) },
  };
}

/** Of what happened, not of where it stands: a copy of the record, a topic made anew or a field added later do not change it. */
function messageId(...identity: readonly unknown[]): string {
  return `msg_${createHash('sha256').update(identity.join('\n')).digest('base64url').slice(0, 27)}`;
}
