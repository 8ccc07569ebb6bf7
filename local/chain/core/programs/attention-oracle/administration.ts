import { minimumBalance, SYSTEM_PROGRAM } from '../../accounts/account.ts';
import { findDerivedAddress } from '../../accounts/derived-address.ts';
import { readMint, TOKEN_2022_PROGRAM } from '../../accounts/token-layout.ts';
import { addressBytes } from '../../encoding/base58.ts';
import type { ByteReader } from '../../encoding/byte-reader.ts';
import type { AccountMeta } from '../../execution/account-meta.ts';
import type { InvokeContext } from '../../execution/invoke-context.ts';
import { createAccountData } from '../system.ts';
import { accountAt, failAnchor, failProgram, requireProgram } from './anchor.ts';
import {
  newProtocolState,
  PROTOCOL_STATE_BYTES,
  protocolSeeds,
  readProtocolState,
  writeProtocolState,
} from './protocol-state.ts';

const FEE_CONFIG_BYTES = 19;
const FEE_CONFIG_DISCRIMINATOR = '8f3492bbdb7b4c9b';
const MAX_FEE_BASIS_POINTS = 1_000;

/** initialize_mint_open(fee_basis_points, max_fee): anyone may open the protocol for a mint and becomes its admin. */
export function initializeMintOpen(context: InvokeContext, accounts: readonly AccountMeta[], args: ByteReader): void {
  const [feeBasisPoints, maxFee] = [args.u16(), args.u64()];
  context.consume(17_094);
  const admin = accountAt(context, accounts, 0, 'admin', { signer: true, writable: true });
  const mint = accountAt(context, accounts, 1, 'milo_mint');
  const protocol = accountAt(context, accounts, 2, 'protocol_state', { writable: true });
  const feeConfig = accountAt(context, accounts, 3, 'fee_config', { writable: true });
  requireProgram(context, accountAt(context, accounts, 4, 'system_program'), SYSTEM_PROGRAM, 'system_program');
  const mintAccount = context.account(mint.address);
  if (mintAccount.owner !== TOKEN_2022_PROGRAM || readMint(mintAccount.data) === null) {
    failAnchor(context, 'AccountNotInitialized', 'milo_mint');
  }
  const seeds = protocolSeeds(mint.address);
  const state = create(context, admin, protocol, seeds, PROTOCOL_STATE_BYTES, 'protocol_state');
  const fees = create(context, admin, feeConfig, [...seeds, Buffer.from('fee_config')], FEE_CONFIG_BYTES, 'fee_config');
  if (feeBasisPoints > MAX_FEE_BASIS_POINTS) failProgram(context, 'InvalidFeeBps');
  context.write(protocol.address, {
    data: newProtocolState(admin.address, admin.address, mint.address, protocol.address, state.bump),
  });
  const data = Buffer.alloc(FEE_CONFIG_BYTES);
  data.write(FEE_CONFIG_DISCRIMINATOR, 'hex');
  data.writeUInt16LE(feeBasisPoints, 8);
  data.writeBigUInt64LE(maxFee, 10);
  data[18] = fees.bump;
  context.write(feeConfig.address, { data: new Uint8Array(data) });
}

function create(
  context: InvokeContext,
  payer: AccountMeta,
  target: AccountMeta,
  seeds: Uint8Array[],
  bytes: number,
  field: string,
) {
  const derived = findDerivedAddress(seeds, context.programId);
  if (derived.address !== target.address) failAnchor(context, 'ConstraintSeeds', field);
  context.invoke(
    SYSTEM_PROGRAM,
    [
      { address: payer.address, signer: true, writable: true },
      { address: target.address, signer: true, writable: true },
    ],
    createAccountData(minimumBalance(bytes), bytes, addressBytes(context.programId)),
    [target.address],
  );
  return derived;
}

/** What the admin's instructions change, by the name of the changed thing. */
export type AdminChange = 'admin' | 'publisher' | 'paused' | 'requireReceipt';

/** update_admin, update_publisher, set_paused and set_policy, for one mint (`perMint`) or for the old singleton. */
export function changeProtocol(
  context: InvokeContext,
  accounts: readonly AccountMeta[],
  args: ByteReader,
  change: AdminChange,
  perMint: boolean,
): void {
  const isKey = change === 'admin' || change === 'publisher';
  const value = isKey ? args.take(32) : args.bool();
  context.consume(isKey ? 5_431 : 5_154);
  const admin = accountAt(context, accounts, 0, 'admin', { signer: true, writable: true });
  const protocol = accountAt(context, accounts, 1, 'protocol_state', { writable: true });
  const state = readProtocolState(context, protocol, perMint);
  if (admin.address !== state.admin) failProgram(context, 'Unauthorized', 'protocol_state');
  if (value instanceof Uint8Array && value.every((byte) => byte === 0)) failProgram(context, 'InvalidPubkey');
  writeProtocolState(context, protocol, { [change]: value });
}
