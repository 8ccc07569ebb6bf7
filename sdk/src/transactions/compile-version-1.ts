import { type AddressInput, addressBytes, base58Encode } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { toU64 } from '../merkle/integers.ts';
import type { ProgramInstruction } from '../program/program-instruction.ts';
import { CONFIG_BITS, KEY_BYTES, SIGNATURE_BYTES, VERSION_1_LIMITS, VERSION_1_PREFIX } from './version-1-layout.ts';
import type { Version1Config, Version1Input } from './version-1-transaction.ts';

/** Before the addresses: prefix, header, mask, blockhash, two counts. */
const FIXED_BYTES = 1 + 3 + 4 + KEY_BYTES + 2;
const INSTRUCTION_HEADER_BYTES = 4;
/** As web3.js and kit sort accounts of equal rights, so that all of them compile the same bytes. */
const byText = new Intl.Collator('en', {
  caseFirst: 'lower',
  ignorePunctuation: false,
  localeMatcher: 'best fit',
  numeric: false,
  sensitivity: 'variant',
  usage: 'sort',
}).compare;

interface AccountRights {
  bytes: Uint8Array;
  text: string;
  isSigner: boolean;
  isWritable: boolean;
}

/** How large and how full a version 1 transaction would be, for whoever packs instructions into transactions. */
export interface Version1Size {
  /** Signatures included. */
  bytes: number;
  addresses: number;
  instructions: number;
  signatures: number;
  /** Whether it keeps every limit of its form; what programs call is not counted here. */
  fits: boolean;
}

/**
 * Compiles a version 1 message: the bytes that {@link signVersion1Transaction} signs.
 *
 * @throws AttentionOracleError TRANSACTION_TOO_LARGE when it has more than 4,096 bytes with its signatures, 64 addresses,
 * 64 instructions or 12 signers (`context` has what it has and what it may have); TRANSACTION_CONFIG_INVALID; ADDRESS_INVALID
 * or BASE58_INVALID; LOOKUP_TABLES_UNSUPPORTED when tables are given; INSTRUCTION_INVALID when the payer is called as a program or an instruction is too long to be described.
 *
 * @example
 * const message = compileVersion1Message({
 *   feePayer: publisher.publicKey,
 *   instructions: roots.map((root) => setChannelMerkleRoot({ payer: publisher.publicKey, mint, ...root })),
 *   blockhash,
 *   config: { computeUnitLimit: 30_000 * roots.length, priorityFeeLamports: 5_000n },
 * });
 * const { signature, rawTransaction } = await signVersion1Transaction(message, [publisher]);
 */
export function compileVersion1Message(input: Version1Input): Uint8Array {
  if ('addressLookupTables' in input) {
    throw new AttentionOracleError(
      'LOOKUP_TABLES_UNSUPPORTED',
      'version 1 has no address lookup tables: leave them out, its 64 addresses stand in the message',
    );
  }
  const blockhash = addressBytes(input.blockhash);
  const accounts = orderedAccounts(input.feePayer, input.instructions);
  requireFit(sizeOf(accounts, input));
  const config = configBytes(input.config);
  const positions = new Map(accounts.map(({ text }, index) => [text, index]));
  const positionOf = (address: AddressInput): number => positions.get(base58Encode(addressBytes(address))) ?? 0;
  const signers = accounts.filter(({ isSigner }) => isSigner);
  const readonlyCount = (list: readonly AccountRights[]): number => list.filter(({ isWritable }) => !isWritable).length;
  const bytes: number[] = [VERSION_1_PREFIX, signers.length, readonlyCount(signers)];
  bytes.push(readonlyCount(accounts) - readonlyCount(signers), ...littleEndian(BigInt(config.mask), 4), ...blockhash);
  bytes.push(input.instructions.length, accounts.length);
  for (const account of accounts) bytes.push(...account.bytes);
  bytes.push(...config.values);
  for (const { programId, keys, data } of input.instructions) {
    const program = positionOf(programId);
    if (program === 0) {
      throw new AttentionOracleError('INSTRUCTION_INVALID', 'the payer cannot be the program of an instruction', {
        programId: programId.toBase58(),
      });
    }
    bytes.push(program, keys.length, ...littleEndian(BigInt(data.length), 2));
  }
  for (const { keys, data } of input.instructions) bytes.push(...keys.map(({ pubkey }) => positionOf(pubkey)), ...data);
  return Uint8Array.from(bytes);
}

/**
 * Measures what {@link compileVersion1Message} would make, without refusing what is too large.
 * @throws AttentionOracleError ADDRESS_INVALID, BASE58_INVALID or TRANSACTION_CONFIG_INVALID
 */
export function version1Size(input: Omit<Version1Input, 'blockhash'>): Version1Size {
  return sizeOf(orderedAccounts(input.feePayer, input.instructions), input);
}

function sizeOf(
  accounts: readonly AccountRights[],
  { instructions, config }: Pick<Version1Input, 'instructions' | 'config'>,
): Version1Size {
  const signatures = accounts.filter(({ isSigner }) => isSigner).length;
  let bytes = FIXED_BYTES + KEY_BYTES * accounts.length + configBytes(config).values.length;
  for (const { keys, data } of instructions) bytes += INSTRUCTION_HEADER_BYTES + keys.length + data.length;
  bytes += SIGNATURE_BYTES * signatures;
  const size = { bytes, addresses: accounts.length, instructions: instructions.length, signatures };
  const describable = instructions.every(({ keys }) => keys.length <= 255);
  return { ...size, fits: describable && LIMITED.every((what) => size[what] <= VERSION_1_LIMITS[what]) };
}

const LIMITED = ['bytes', 'addresses', 'instructions', 'signatures'] as const;

function requireFit(size: Version1Size): void {
  for (const what of LIMITED) {
    if (size[what] <= VERSION_1_LIMITS[what]) continue;
    throw new AttentionOracleError(
      'TRANSACTION_TOO_LARGE',
      `a version 1 transaction has at most ${VERSION_1_LIMITS[what]} ${what}, this one would have ${size[what]}: ` +
        'put fewer instructions into it and send the others in another',
      { what, is: size[what], limit: VERSION_1_LIMITS[what] },
    );
  }
  if (size.fits) return;
  throw new AttentionOracleError('INSTRUCTION_INVALID', 'an instruction names at most 255 accounts: name fewer');
}

/** Payer, then signers, then the others, those that may be written first; within equal rights by their text. */
function orderedAccounts(feePayer: AddressInput, instructions: readonly ProgramInstruction[]): AccountRights[] {
  const accounts = new Map<string, AccountRights>();
  const add = (address: AddressInput, isSigner: boolean, isWritable: boolean): AccountRights => {
    const bytes = addressBytes(address);
    const text = base58Encode(bytes);
    const known = accounts.get(text);
    const account = {
      bytes,
      text,
      isSigner: isSigner || known?.isSigner === true,
      isWritable: isWritable || known?.isWritable === true,
    };
    accounts.set(text, account);
    return account;
  };
  for (const { programId, keys } of instructions) {
    add(programId, false, false);
    for (const { pubkey, isSigner, isWritable } of keys) add(pubkey, isSigner, isWritable);
  }
  const payer = add(feePayer, true, true);
  const rank = ({ isSigner, isWritable }: AccountRights): number => (isSigner ? 0 : 2) + (isWritable ? 0 : 1);
  const others = [...accounts.values()].filter((account) => account !== payer);
  return [payer, ...others.sort((a, b) => rank(a) - rank(b) || byText(a.text, b.text))];
}

function configBytes(config: Version1Config): { mask: number; values: number[] } {
  const { computeUnitLimit, priorityFeeLamports, heapSize } = config;
  const loadedAccounts = config.loadedAccountsDataSizeLimit ?? VERSION_1_LIMITS.loadedAccountsBytes;
  requireWhole('computeUnitLimit', computeUnitLimit, 0, VERSION_1_LIMITS.computeUnits);
  requireWhole('loadedAccountsDataSizeLimit', loadedAccounts, 1, VERSION_1_LIMITS.loadedAccountsBytes);
  const values: number[] = [];
  let mask: number = CONFIG_BITS.computeUnits | CONFIG_BITS.loadedAccounts;
  if (priorityFeeLamports !== undefined) {
    mask |= CONFIG_BITS.priorityFee;
    values.push(...littleEndian(toU64(priorityFeeLamports, 'priorityFeeLamports'), 8));
  }
  values.push(...littleEndian(BigInt(computeUnitLimit), 4), ...littleEndian(BigInt(loadedAccounts), 4));
  if (heapSize !== undefined) {
    const { least, most } = VERSION_1_LIMITS.heapBytes;
    requireWhole('heapSize', heapSize, least, most, 1_024);
    mask |= CONFIG_BITS.heap;
    values.push(...littleEndian(BigInt(heapSize), 4));
  }
  return { mask, values };
}

function requireWhole(name: string, value: number, least: number, most: number, multipleOf = 1): void {
  if (Number.isInteger(value) && value >= least && value <= most && value % multipleOf === 0) return;
  const step = multipleOf === 1 ? 'a whole number' : `a multiple of ${multipleOf}`;
  throw new AttentionOracleError('TRANSACTION_CONFIG_INVALID', `${name} must be ${step} from ${least} to ${most}`, {
    name,
    value,
  });
}

function littleEndian(value: bigint, length: number): number[] {
  return Array.from({ length }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}
