/** The protocol state that belongs to a deployment's mint. Pure. */

import { protocolStateAddress } from '@attention-oracle/sdk';

/** Address of the protocol state of a mint, base58. */
export function protocolStateOf(mint: string, programId: string): string {
  return protocolStateAddress(mint, programId)[0].toString();
}

/**
 * Address of the counted protocol state, base58; undefined, where the deployment names no mint, counts every one.
 * @param mint base58
 * @param programId base58
 */
export function countedProtocolState(mint: string | undefined, programId: string): string | undefined {
  return mint === undefined ? undefined : protocolStateOf(mint, programId);
}
