import type { SignatureRow } from '../ledger/record.ts';

/** What happens to one HTTP request in place of an answer. */
export type HttpFault =
  | { kind: 'status'; status: number; retryAfterSeconds?: number }
  /** Answered after this long; a client that waits less has a time-out. */
  | { kind: 'delay'; delayMs: number }
  /** The connection is cut without an answer. */
  | { kind: 'reset' };

/** What happens to a transaction that a client sends. */
export type SendFault = 'dropped' | 'error-but-landed';

/** What happens to one WebSocket message. `stall` keeps the socket open and sends nothing on it ever after. */
export type NotificationFault = 'drop' | 'close' | 'stall';

/** What a new slot brings. */
export type SlotFault = { skip: boolean; rollbackSlots: number };

/**
 * Consulted before each thing that can go wrong. Every method answers "no fault" by null (or the input unchanged), and
 * answers from the seed and from what is asked about, so that a run can be repeated.
 */
export type FaultPlan = {
  http(request: { count: number; methods: readonly string[] }): HttpFault | null;
  /** Slots that the back end answering this request is behind. */
  backendLagSlots(request: { count: number }): number;
  /** Whether getTransaction answers null although the transaction is there; `attempt` counts from 0. */
  hidesTransaction(signature: string, attempt: number): boolean;
  /** Rows of a page as the client gets them: some missing, some out of order. `attempt` counts from 0. */
  signaturePage(rows: readonly SignatureRow[], page: { address: string; attempt: number }): readonly SignatureRow[];
  /** Whether the back end does not know the `until` signature and so answers with its newest rows. */
  forgetsUntil(until: string, attempt: number): boolean;
  send(signature: string, attempt: number): SendFault | null;
  notification(message: { connection: number; count: number; kind: string }): NotificationFault | null;
  slot(slot: number): SlotFault;
  /** Whether a transaction of an abandoned fork gets into the new one. */
  relands(signature: string): boolean;
};

/** The plan of a chain on which nothing goes wrong. */
export const NO_FAULTS: FaultPlan = {
  http: () => null,
  backendLagSlots: () => 0,
  hidesTransaction: () => false,
  signaturePage: (rows) => rows,
  forgetsUntil: () => false,
  send: () => null,
  notification: () => null,
  slot: () => ({ skip: false, rollbackSlots: 0 }),
  relands: () => true,
};
