/** What the platform's webhooks deliver. Epochs, slots and lamports are u64 as decimal text. */

interface Delivered<Type extends string, Data> {
  readonly type: Type;
  /** When it happened, ISO 8601: of a root the block time that finalised it, of a step when the worker wrote it. */
  readonly timestamp: string;
  /** Where the message stands; `ao webhooks replay ENDPOINT --from CURSOR` goes on behind it. */
  readonly cursor: string;
  readonly data: Data;
}

/** A root was finalised. It never changes again. */
export type RootFinalizedMessage = Delivered<
  'rootFinalized',
  {
    readonly channel: string;
    readonly epoch: string;
    /** 64 lower-case hexadecimal digits. */
    readonly root: string;
    readonly count: number;
    readonly recipe: string;
    readonly oddNode: 'DUPLICATE' | 'PROMOTE';
    readonly startSlot: string;
    readonly endSlot: string;
    readonly finalizedAt: string;
  }
>;

/** A step of bringing a root on chain, as the ledger has it. */
export type SettlementUpdatedMessage = Delivered<
  'settlementUpdated',
  {
    readonly channel: string;
    readonly epoch: string;
    readonly root: string;
    /** PENDING, CONFIRMED, FINALIZED, FAILED, CONFLICT, ALREADY_SETTLED or HELD; a later release may have others. */
    readonly status: string;
    readonly attempt: number;
    readonly signature: string | null;
    readonly slot: string | null;
    readonly feeLamports: string | null;
    readonly reason: string | null;
    readonly at: string;
  }
>;

/** Sent by `ao webhooks test` alone. */
export type TestMessage = Delivered<'test', { readonly endpoint: string }>;

export type WebhookMessage = RootFinalizedMessage | SettlementUpdatedMessage | TestMessage;
