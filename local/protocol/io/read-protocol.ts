/** One look at what of a mint's protocol is on a chain. */

import {
  decodeProtocolState,
  protocolStateAddress,
  SYSTEM_PROGRAM_ID,
  TOKEN_2022_PROGRAM_ID,
  treasuryAddress,
} from '@attention-oracle/sdk';
import { toPublicKey } from '@attention-oracle/sdk/web3';
import type { AccountInfo, Connection } from '@solana/web3.js';
import { readMint, readTokenAccount } from '../../chain/core/accounts/token-layout.ts';
import type { ProtocolFacts } from '../core/protocol-standing.ts';

/**
 * All from one answer, so that it is the state of one moment.
 * @throws what the node answers; AttentionOracleError where the protocol's account cannot be read.
 */
export async function readProtocol(
  connection: Connection,
  { programId, mint, admin }: { readonly programId: string; readonly mint: string; readonly admin: string },
): Promise<ProtocolFacts> {
  const state = protocolStateAddress(mint, programId)[0];
  const addresses = [programId, mint, state, treasuryAddress(mint, programId)[0], admin].map(toPublicKey);
  const [program, mintAccount, protocol, treasury, wallet] = await connection.getMultipleAccountsInfo(
    addresses,
    'confirmed',
  );
  return {
    hasProgram: program?.executable === true,
    mint: mintOf(mintAccount),
    protocol: isOwnedBy(protocol, programId) ? decodeProtocolState(protocol.data) : null,
    treasury: isOwnedBy(treasury, TOKEN_2022_PROGRAM_ID) ? (readTokenAccount(treasury.data)?.amount ?? null) : null,
    adminLamports: BigInt(wallet?.lamports ?? 0),
  };
}

type Account = AccountInfo<Buffer> | null | undefined;

function mintOf(account: Account): ProtocolFacts['mint'] {
  // Whoever has the key of the address may have got lamports there before it became a mint.
  const owner = account?.owner.toBase58() ?? SYSTEM_PROGRAM_ID;
  if (account == null || owner === SYSTEM_PROGRAM_ID) return null;
  const mint = owner === TOKEN_2022_PROGRAM_ID ? readMint(account.data) : null;
  if (mint === null) return 'foreign';
  return { decimals: mint.decimals, supply: mint.supply, authority: mint.mintAuthority };
}

function isOwnedBy(account: Account, owner: string): account is AccountInfo<Buffer> {
  return account != null && account.owner.toBase58() === owner;
}
