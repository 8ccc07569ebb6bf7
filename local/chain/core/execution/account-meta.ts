import type { Address } from '../accounts/account.ts';

/** An account as one instruction sees it. */
export type AccountMeta = { readonly address: Address; readonly signer: boolean; readonly writable: boolean };
