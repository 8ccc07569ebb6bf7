import { type Account, type Address, minimumBalance } from '../accounts/account.ts';

/** What a cluster has switched on. */
export type Features = {
  /** Version 1 transactions (SIMD-0385). */
  readonly version1: boolean;
  /** Transactions whose payer cannot pay are kept in blocks as failed, without a fee (SIMD-0290). */
  readonly unpaidFailures: boolean;
};

/** Those of mainnet in November 2026. */
export const MAINNET_FEATURES: Features = { version1: true, unpaidFailures: false };

/** The account that says whether version 1 is switched on (SIMD-0385). */
export const VERSION_1_GATE: Address = 'txv1aq4pp281K9um3tnPgkfX8UqtFT6wcVW3hNezGLL';

const FEATURE_PROGRAM = 'Feature111111111111111111111111111111111111';
const GATE_BYTES = 9;

/** The gate's account: a tag, and the slot of the activation. @param activationSlot Null: asked for, not active. */
export function gateAccount(activationSlot: number | null): Account {
  const data = Buffer.alloc(GATE_BYTES);
  if (activationSlot !== null) {
    data[0] = 1;
    data.writeBigUInt64LE(BigInt(activationSlot), 1);
  }
  return {
    lamports: minimumBalance(GATE_BYTES),
    owner: FEATURE_PROGRAM,
    data: new Uint8Array(data),
    executable: false,
  };
}
