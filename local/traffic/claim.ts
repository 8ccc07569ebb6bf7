/** A claim that a fan can make: a leaf of a published root, with its proof. */

export type { Fan } from './fans.ts';

export interface FanClaim {
  readonly channel: string;
  readonly epoch: bigint;
  readonly index: number;
  readonly amount: bigint;
  readonly id: string;
  readonly proof: Uint8Array[];
}
