import { minimumBalance, SYSTEM_PROGRAM } from '../accounts/account.ts';
import { ASSOCIATED_TOKEN_PROGRAM, findAssociatedTokenAddress } from '../accounts/derived-address.ts';
import { readTokenAccount, TOKEN_2022_PROGRAM } from '../accounts/token-layout.ts';
import { addressBytes } from '../encoding/base58.ts';
import type { AccountMeta } from '../execution/account-meta.ts';
import { InstructionFailure } from '../execution/errors.ts';
import type { InvokeContext, Program } from '../execution/invoke-context.ts';
import { createAccountData } from './system.ts';

const GET_ACCOUNT_DATA_SIZE = Uint8Array.of(21, 7, 0);
const INITIALIZE_IMMUTABLE_OWNER = Uint8Array.of(22);
const INITIALIZE_ACCOUNT_3 = 18;
/** Of each bump that a program tries until an address is off the curve. */
const UNITS_PER_BUMP = 1_500;

/** Creates associated token accounts; accounts: payer, account, owner, mint, system program, token program. */
export const associatedTokenProgram: Program = {
  id: ASSOCIATED_TOKEN_PROGRAM,
  builtin: false,
  execute(context, accounts, data) {
    const tag = data[0] ?? 0;
    if (tag > 1 || accounts.length < 6) throw new InstructionFailure('InvalidInstructionData');
    create(context, accounts as readonly [AccountMeta, AccountMeta, AccountMeta, AccountMeta], tag === 1);
  },
};

function create(
  context: InvokeContext,
  [payer, target, owner, mint]: readonly [AccountMeta, AccountMeta, AccountMeta, AccountMeta],
  idempotent: boolean,
): void {
  context.log(idempotent ? 'CreateIdempotent' : 'Create');
  const derived = findAssociatedTokenAddress(owner.address, mint.address, TOKEN_2022_PROGRAM);
  context.consume(4_300 + (255 - derived.bump) * UNITS_PER_BUMP);
  const existing = context.account(target.address);
  if (idempotent && existing.owner === TOKEN_2022_PROGRAM) {
    const tokens = readTokenAccount(existing.data);
    if (tokens?.owner === owner.address && tokens.mint === mint.address) return;
    throw new InstructionFailure('IllegalOwner');
  }
  context.consume(1_010);
  if (existing.owner !== SYSTEM_PROGRAM) throw new InstructionFailure('IllegalOwner');
  if (derived.address !== target.address) {
    context.log('Error: Associated address does not match seed derivation');
    throw new InstructionFailure('InvalidSeeds');
  }
  const readonly = { signer: false, writable: false };
  context.invoke(TOKEN_2022_PROGRAM, [{ address: mint.address, ...readonly }], GET_ACCOUNT_DATA_SIZE);
  const size = Number(Buffer.from(context.returnData?.data ?? new Uint8Array(8)).readBigUInt64LE());
  context.consume(4_930);
  context.invoke(
    SYSTEM_PROGRAM,
    [
      { address: payer.address, signer: true, writable: true },
      { address: target.address, signer: true, writable: true },
    ],
    createAccountData(minimumBalance(size), size, addressBytes(TOKEN_2022_PROGRAM)),
    [target.address],
  );
  context.log('Initialize the associated token account');
  const writable = { address: target.address, signer: false, writable: true };
  context.invoke(TOKEN_2022_PROGRAM, [writable], INITIALIZE_IMMUTABLE_OWNER);
  context.consume(2_388);
  const initialize = new Uint8Array(33);
  initialize[0] = INITIALIZE_ACCOUNT_3;
  initialize.set(addressBytes(owner.address), 1);
  context.invoke(TOKEN_2022_PROGRAM, [writable, { address: mint.address, ...readonly }], initialize);
}
