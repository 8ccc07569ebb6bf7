import {
  asMint,
  newTokenAccount,
  readMint,
  readTokenAccount,
  TOKEN_2022_PROGRAM,
  tokenAccountBytes,
  transferFeeOf,
  withAmount,
  withSupply,
  withTransferFees,
} from '../accounts/token-layout.ts';
import { encodeAddress } from '../encoding/base58.ts';
import { ByteRangeError, ByteReader } from '../encoding/byte-reader.ts';
import type { AccountMeta } from '../execution/account-meta.ts';
import { failCustom, InstructionFailure } from '../execution/errors.ts';
import type { InvokeContext, Program } from '../execution/invoke-context.ts';

const INSUFFICIENT_FUNDS = 1;
const MINT_MISMATCH = 3;
const OWNER_MISMATCH = 4;
const ALREADY_IN_USE = 6;
const MINT_DECIMALS_MISMATCH = 18;

/** The instructions of Token-2022 that a claim, an associated account, a new mint and minting by its authority need. */
export const token2022Program: Program = {
  id: TOKEN_2022_PROGRAM,
  builtin: false,
  execute(context, accounts, data) {
    try {
      runToken(context, accounts, new ByteReader(data));
    } catch (error) {
      if (error instanceof ByteRangeError) throw new InstructionFailure('InvalidInstructionData');
      throw error;
    }
  },
};

function runToken(context: InvokeContext, accounts: readonly AccountMeta[], reader: ByteReader): void {
  const tag = reader.u8();
  switch (tag) {
    case 7:
      return mintTo(context, accounts, reader.u64());
    case 12:
      return transferChecked(context, accounts, reader.u64(), reader.u8());
    case 18:
      return initializeAccount(context, accounts, encodeAddress(reader.take(32)));
    case 20:
      return initializeMint(context, accounts, reader);
    case 21:
      return accountDataSize(context, accounts);
    case 22:
      context.log('Instruction: InitializeImmutableOwner');
      context.consume(674);
      return;
    case 26:
      return initializeTransferFees(context, accounts, reader);
    default:
      context.log(`Error: instruction ${tag} of Token-2022 is not modelled by this chain`);
      throw new InstructionFailure('InvalidInstructionData');
  }
}

function metaAt(accounts: readonly AccountMeta[], index: number): AccountMeta {
  const meta = accounts[index];
  if (meta === undefined) throw new InstructionFailure('NotEnoughAccountKeys');
  return meta;
}

function mintOf(context: InvokeContext, meta: AccountMeta) {
  const account = context.account(meta.address);
  if (account.owner !== TOKEN_2022_PROGRAM) throw new InstructionFailure('IncorrectProgramId');
  const mint = readMint(account.data);
  if (mint === null) throw new InstructionFailure('InvalidAccountData');
  return { mint, data: account.data };
}

function tokensOf(context: InvokeContext, meta: AccountMeta) {
  const account = context.account(meta.address);
  if (account.owner !== TOKEN_2022_PROGRAM) throw new InstructionFailure('IncorrectProgramId');
  const tokens = readTokenAccount(account.data);
  if (tokens === null) throw new InstructionFailure('InvalidAccountData');
  return { tokens, data: account.data };
}

function accountDataSize(context: InvokeContext, accounts: readonly AccountMeta[]): void {
  context.log('Instruction: GetAccountDataSize');
  context.consume(1_352);
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(tokenAccountBytes(mintOf(context, metaAt(accounts, 0)).mint)), true);
  context.setReturnData(size);
}

function initializeAccount(context: InvokeContext, accounts: readonly AccountMeta[], owner: string): void {
  context.log('Instruction: InitializeAccount3');
  context.consume(2_323);
  const target = metaAt(accounts, 0);
  const mint = metaAt(accounts, 1);
  mintOf(context, mint);
  const account = context.account(target.address);
  if (account.owner !== TOKEN_2022_PROGRAM) throw new InstructionFailure('IncorrectProgramId');
  if (readTokenAccount(account.data) !== null) failCustom(ALREADY_IN_USE);
  if (account.data.length < 165) throw new InstructionFailure('InvalidAccountData');
  context.write(target.address, { data: newTokenAccount(account.data.length, mint.address, owner) });
}

/** Its freeze authority is read and left: nothing here freezes. */
function initializeMint(context: InvokeContext, accounts: readonly AccountMeta[], reader: ByteReader): void {
  context.log('Instruction: InitializeMint2');
  context.consume(1_400);
  const [decimals, authority] = [reader.u8(), encodeAddress(reader.take(32))];
  if (reader.u8() === 1) throw new InstructionFailure('InvalidInstructionData');
  const target = metaAt(accounts, 0);
  const account = context.account(target.address);
  if (account.owner !== TOKEN_2022_PROGRAM) throw new InstructionFailure('IncorrectProgramId');
  if (readMint(account.data) !== null) failCustom(ALREADY_IN_USE);
  const data = asMint(account.data, decimals, authority);
  if (data === null) throw new InstructionFailure('InvalidAccountData');
  context.write(target.address, { data });
}

function initializeTransferFees(context: InvokeContext, accounts: readonly AccountMeta[], reader: ByteReader): void {
  if (reader.u8() !== 0) throw new InstructionFailure('InvalidInstructionData');
  context.log('TransferFeeInstruction: InitializeTransferFeeConfig');
  context.consume(1_400);
  const optional = (): string | null => (reader.u8() === 1 ? encodeAddress(reader.take(32)) : null);
  const authorities = { change: optional(), withdraw: optional() };
  const fee = { basisPoints: BigInt(reader.u16()), maximum: reader.u64() };
  const target = metaAt(accounts, 0);
  const account = context.account(target.address);
  if (account.owner !== TOKEN_2022_PROGRAM) throw new InstructionFailure('IncorrectProgramId');
  const data = withTransferFees(account.data, authorities, fee);
  if (data === null) throw new InstructionFailure('InvalidAccountData');
  context.write(target.address, { data });
}

function transferChecked(
  context: InvokeContext,
  accounts: readonly AccountMeta[],
  amount: bigint,
  decimals: number,
): void {
  context.log('Instruction: TransferChecked');
  context.consume(3_086);
  const [from, mint, to, authority] = [0, 1, 2, 3].map((index) => metaAt(accounts, index)) as [
    AccountMeta,
    AccountMeta,
    AccountMeta,
    AccountMeta,
  ];
  const source = tokensOf(context, from);
  const target = tokensOf(context, to);
  if (source.tokens.mint !== mint.address || target.tokens.mint !== mint.address) failCustom(MINT_MISMATCH);
  const layout = mintOf(context, mint).mint;
  if (layout.decimals !== decimals) failCustom(MINT_DECIMALS_MISMATCH);
  if (source.tokens.owner !== authority.address) failCustom(OWNER_MISMATCH);
  if (!authority.signer) throw new InstructionFailure('MissingRequiredSignature');
  if (source.tokens.amount < amount) {
    context.log('Error: insufficient funds');
    failCustom(INSUFFICIENT_FUNDS);
  }
  if (from.address === to.address) return;
  context.write(from.address, { data: withAmount(source.data, source.tokens.amount - amount) });
  const fee = transferFeeOf(layout.transferFee, amount);
  context.write(to.address, { data: withAmount(target.data, target.tokens.amount + amount - fee, fee) });
}

function mintTo(context: InvokeContext, accounts: readonly AccountMeta[], amount: bigint): void {
  context.log('Instruction: MintTo');
  context.consume(1_650);
  const mintMeta = metaAt(accounts, 0);
  const { mint, data } = mintOf(context, mintMeta);
  const target = metaAt(accounts, 1);
  const { tokens, data: targetData } = tokensOf(context, target);
  const authority = metaAt(accounts, 2);
  if (tokens.mint !== mintMeta.address) failCustom(MINT_MISMATCH);
  if (mint.mintAuthority !== authority.address) failCustom(OWNER_MISMATCH);
  if (!authority.signer) throw new InstructionFailure('MissingRequiredSignature');
  context.write(mintMeta.address, { data: withSupply(data, mint.supply + amount) });
  context.write(target.address, { data: withAmount(targetData, tokens.amount + amount) });
}
