import type * as Web3 from '@solana/web3.js';
import { AttentionOracleError } from '../errors.ts';

/**
 * Loads `@solana/web3.js`, which only sending needs.
 * @throws AttentionOracleError WEB3_MISSING
 */
export async function loadWeb3(): Promise<typeof Web3> {
  try {
    return await import('@solana/web3.js');
  } catch (cause) {
    throw new AttentionOracleError(
      'WEB3_MISSING',
      'sending transactions needs @solana/web3.js 1.x: npm install @solana/web3.js@1',
      {},
      { cause },
    );
  }
}
