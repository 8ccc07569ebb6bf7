import { EMPTY_ACCOUNT, SYSTEM_PROGRAM } from '../accounts/account.ts';
import { encodeAddress } from '../encoding/base58.ts';
import { ByteRangeError, ByteReader } from '../encoding/byte-reader.ts';
import type { AccountMeta } from '../execution/account-meta.ts';
import { failCustom, InstructionFailure } from '../execution/errors.ts';
import type { InvokeContext, Program } from '../execution/invoke-context.ts';

const ACCOUNT_ALREADY_IN_USE = 0;
const RESULT_WITH_NEGATIVE_LAMPORTS = 1;
const INVALID_ACCOUNT_DATA_LENGTH = 3;
const MAX_DATA_BYTES = 10 * 1024 * 1024;

/** Create account, assign, transfer and allocate of the System program. */
export const systemProgram: Program = {
  id: SYSTEM_PROGRAM,
  builtin: true,
  execute(context, accounts, data) {
    context.consume(150);
    try {
      runSystem(context, accounts, new ByteReader(data));
    } catch (error) {
      if (error instanceof ByteRangeError) throw new InstructionFailure('InvalidInstructionData');
      throw error;
    }
  },
};

function runSystem(context: InvokeContext, accounts: readonly AccountMeta[], reader: ByteReader): void {
  const tag = reader.u32();
  switch (tag) {
    case 0: {
      const lamports = reader.u64();
      const space = reader.u64();
      const owner = encodeAddress(reader.take(32));
      const to = metaAt(accounts, 1);
      if (context.account(to.address).lamports > 0n) {
        context.logs.push(`Create Account: account Address { address: ${to.address}, base: None } already in use`);
        failCustom(ACCOUNT_ALREADY_IN_USE);
      }
      allocate(context, to, space);
      context.write(to.address, { owner });
      transfer(context, metaAt(accounts, 0), to, lamports);
      return;
    }
    case 1: {
      const target = metaAt(accounts, 0);
      requireSigner(context, target);
      context.write(target.address, { owner: encodeAddress(reader.take(32)) });
      return;
    }
    case 2:
      transfer(context, metaAt(accounts, 0), metaAt(accounts, 1), reader.u64());
      return;
    case 8:
      allocate(context, metaAt(accounts, 0), reader.u64());
      return;
    default:
      throw new InstructionFailure('InvalidInstructionData');
  }
}

function metaAt(accounts: readonly AccountMeta[], index: number): AccountMeta {
  const meta = accounts[index];
  if (meta === undefined) throw new InstructionFailure('NotEnoughAccountKeys');
  return meta;
}

function requireSigner(context: InvokeContext, meta: AccountMeta): void {
  if (meta.signer) return;
  context.logs.push(`Account ${meta.address} must sign`);
  throw new InstructionFailure('MissingRequiredSignature');
}

function allocate(context: InvokeContext, meta: AccountMeta, space: bigint): void {
  requireSigner(context, meta);
  const account = context.account(meta.address);
  if (account.data.length > 0 || account.owner !== SYSTEM_PROGRAM) failCustom(ACCOUNT_ALREADY_IN_USE);
  if (space > BigInt(MAX_DATA_BYTES)) failCustom(INVALID_ACCOUNT_DATA_LENGTH);
  context.write(meta.address, { data: new Uint8Array(Number(space)) });
}

function transfer(context: InvokeContext, from: AccountMeta, to: AccountMeta, lamports: bigint): void {
  requireSigner(context, from);
  const source = context.account(from.address);
  if (source.data.length > 0) throw new InstructionFailure('InvalidArgument');
  if (source.owner !== EMPTY_ACCOUNT.owner) throw new InstructionFailure('InvalidAccountOwner');
  if (source.lamports < lamports) {
    context.logs.push(`Transfer: insufficient lamports ${source.lamports}, need ${lamports}`);
    failCustom(RESULT_WITH_NEGATIVE_LAMPORTS);
  }
  context.write(from.address, { lamports: source.lamports - lamports });
  context.write(to.address, { lamports: context.account(to.address).lamports + lamports });
}

/** Data of a create-account instruction. */
export function createAccountData(lamports: bigint, space: number, ownerBytes: Uint8Array): Uint8Array {
  const data = new Uint8Array(52);
  const view = new DataView(data.buffer);
  view.setBigUint64(4, lamports, true);
  view.setBigUint64(12, BigInt(space), true);
  data.set(ownerBytes, 20);
  return data;
}
