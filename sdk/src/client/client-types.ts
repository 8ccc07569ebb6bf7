import type { AddressInput } from '../bytes.ts';
import type { U64Input } from '../merkle/integers.ts';
import type { Commitment } from './chain-connection.ts';
import type { Payer } from './payer.ts';
import type { SendOptions } from './send-options.ts';

/** Options of the client. */
export interface ClientOptions {
  /** Mint of the deployment. Everything but construction needs it. */
  mint?: AddressInput;
  /** For reading accounts; `finalized` by default. */
  commitment?: Commitment;
}

/** A root to settle. */
export interface RootToFinalize {
  channel: string;
  epoch: U64Input;
  /** 32 bytes (a Buffer is fine). */
  merkleRoot: Uint8Array;
  /** Claims in the tree; not sent, only checked: a root of no claims is refused. */
  count?: number;
}

/** How the transactions of roots are written. */
export interface RootSendOptions {
  /** `auto`, the default: version 1 where the cluster takes it. `legacy`: for nodes that take no version 1 although the cluster does. */
  transactionVersion?: 'auto' | 'legacy';
}

/** A root to settle, and who pays. */
export interface FinalizeRootInput extends RootToFinalize, SendOptions, RootSendOptions {
  /** Admin or publisher of the protocol state. */
  payer: Payer;
}

/** Several roots to settle, in this order, and who pays. */
export interface FinalizeRootsInput extends SendOptions, RootSendOptions {
  roots: readonly RootToFinalize[];
  payer: Payer;
}

/** A claim to pay out, as its leaf has it. */
export interface ClaimInput extends SendOptions {
  /** Who claims and pays the fee. */
  claimer: Payer;
  channel: string;
  epoch: U64Input;
  index: number;
  /** Smallest units of the token. */
  amount: U64Input;
  id: string;
  /** Siblings from the leaf up, 32 bytes each. */
  proof: readonly Uint8Array[];
  /** Mint a receipt; left out, the plain claim is sent. */
  mintReceipt?: boolean;
}

/** A change of the receipt policy. */
export interface ClientPolicyInput extends SendOptions {
  /** Admin of the protocol state. */
  admin: Payer;
  requireReceipt: boolean;
}
