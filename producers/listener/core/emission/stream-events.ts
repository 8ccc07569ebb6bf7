/** From a getTransaction answer to the records of the event topic. One decoder for both paths. Pure. */

import { bytesToHex, type DecodedTransaction, decodeTransaction, type ProgramEvent } from '@attention-oracle/sdk';
import { AppError } from '../../../../runtime/errors.ts';
import type { Commitment, InstructionData, StreamEvent } from '../../../../schemas/records.ts';

/** Raised when the mapping below changes, so that a reader can tell which rules made a record. */
export const DECODER_VERSION = 1;

export interface EventOrigin {
  readonly source: string;
  readonly commitment: Commitment;
  /** base58 */
  readonly programId: string;
}

/** A transaction's records, possibly none: a transaction may name the program without calling it. */
export interface TransactionEvents {
  readonly signature: string;
  readonly slot: number;
  readonly failed: boolean;
  readonly blockTime: number | null;
  readonly events: readonly StreamEvent[];
}

/**
 * @param answer `getTransaction`, encoding json, not null.
 * @throws AttentionOracleError TRANSACTION_META_MISSING, TRANSACTION_INCOMPLETE, TRANSACTION_MALFORMED,
 * TRANSACTION_VERSION_UNSUPPORTED; AppError ANSWER_CONTRADICTS when its accounts do not name the program.
 */
export function toStreamEvents(answer: unknown, origin: EventOrigin): TransactionEvents {
  const transaction = decodeTransaction(answer, { programId: origin.programId });
  if (!transaction.accountKeys.includes(origin.programId)) {
    throw new AppError(
      'ANSWER_CONTRADICTS',
      `The node lists ${transaction.signature} for the program, but the transaction that it gives does not name the program; another endpoint is asked.`,
      { retryable: true, context: { signature: transaction.signature, slot: transaction.slot } },
    );
  }
  return {
    signature: transaction.signature,
    slot: transaction.slot,
    failed: !transaction.succeeded,
    blockTime: transaction.blockTime,
    events: transaction.events.map((event) => toStreamEvent(transaction, event, origin)),
  };
}

function toStreamEvent(transaction: DecodedTransaction, event: ProgramEvent, origin: EventOrigin): StreamEvent {
  const { blockTime } = transaction;
  return {
    eventId: event.eventId,
    timestamp: blockTime === null ? '' : new Date(blockTime * 1000).toISOString(),
    slot: transaction.slot,
    signature: transaction.signature,
    tx: {
      version: String(transaction.version),
      blockTime,
      feePayer: transaction.feePayer,
      signers: [...transaction.signers],
      feeLamports: transaction.feeLamports,
      computeUnits: transaction.computeUnits,
      error: transaction.error === null ? null : JSON.stringify(transaction.error),
    },
    instruction: {
      program: 'Attention Oracle',
      action: event.action,
      name: event.name,
      data: instructionData(event),
    },
    channel: event.channel,
    channelAsSeen: event.channelAsSeen,
    protocolState: event.protocolState,
    succeeded: transaction.succeeded,
    commitment: origin.commitment,
    retracted: false,
    source: origin.source,
    decoderVersion: DECODER_VERSION,
    raw: Buffer.from(event.data),
  };
}

function instructionData({ args, claimer }: ProgramEvent): InstructionData {
  const { epoch, index, amount, id, root, require_receipt: requireReceipt, mint_receipt: mintReceipt } = args;
  return {
    claimer,
    epoch: typeof epoch === 'bigint' ? epoch : null,
    index: typeof index === 'number' ? index : null,
    amount: typeof amount === 'bigint' ? amount : null,
    id: typeof id === 'string' ? id : null,
    root: root instanceof Uint8Array ? bytesToHex(root) : null,
    requireReceipt: typeof requireReceipt === 'boolean' ? requireReceipt : null,
    mintReceipt: typeof mintReceipt === 'boolean' ? mintReceipt : null,
  };
}

/** Key of a record: what one reader must see in order. */
export function eventKey(event: Pick<StreamEvent, 'channel' | 'protocolState'>, programId: string): string {
  return event.channel ?? event.protocolState ?? programId;
}

/** The same event at another commitment, or taken back. */
export function restated(
  event: StreamEvent,
  change: Partial<Pick<StreamEvent, 'commitment' | 'retracted'>>,
): StreamEvent {
  return { ...event, ...change };
}

/** Whether two decodings of one transaction say the same, whatever their commitment. */
export function sameContent(a: readonly StreamEvent[], b: readonly StreamEvent[]): boolean {
  return a.length === b.length && a.every((event, position) => canonical(event) === canonical(b[position]));
}

function canonical(event: StreamEvent | undefined): string {
  const comparable = event === undefined ? null : { ...event, commitment: '', retracted: false, source: '' };
  return JSON.stringify(comparable, (_name, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    return value;
  });
}
