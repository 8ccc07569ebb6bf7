import { SYSTEM_PROGRAM } from '../accounts/account.ts';
import { ByteRangeError, ByteReader } from '../encoding/byte-reader.ts';
import type { TransactionError } from '../execution/errors.ts';
import type { Program } from '../execution/invoke-context.ts';
import type { WireTransaction } from '../transaction/wire.ts';

export const COMPUTE_BUDGET_PROGRAM = 'ComputeBudget111111111111111111111111111111';

const MAX_UNITS = 1_400_000;
const DEFAULT_UNITS = 200_000;
const DEFAULT_BUILTIN_UNITS = 3_000;
export const LAMPORTS_PER_SIGNATURE = 5_000n;
const MICRO_LAMPORTS = 1_000_000n;
const DEFAULT_LOADED_BYTES = 64 * 1_024 * 1_024;
/** Instructions: heap, compute units, price, size of loaded accounts. */
const [UNITS_TAG, PRICE_TAG, LOADED_BYTES_TAG] = [2, 3, 4];

/** Its instructions are read before the transaction runs; running one only costs units. */
export const computeBudgetProgram: Program = {
  id: COMPUTE_BUDGET_PROGRAM,
  builtin: true,
  execute(context) {
    context.consume(150);
  },
};

/** What a transaction may use and must pay. */
export type Budget = {
  computeUnitLimit: number;
  feeLamports: bigint;
  microLamportsPerUnit: bigint;
  /** Bytes of accounts that may be loaded. */
  loadedBytes: number;
};

/**
 * Compute unit limit and fee of a transaction: 5,000 lamports a signature, and limit × price rounded up.
 * Version 1 has no defaults: what its message does not ask for is zero.
 * Returns why the transaction is refused when a compute budget instruction cannot be read or comes twice.
 */
export function readBudget(transaction: WireTransaction): Budget | { refused: TransactionError } {
  const baseFee = LAMPORTS_PER_SIGNATURE * BigInt(transaction.numRequiredSignatures);
  if (transaction.config !== null) {
    const limit = Math.min(transaction.config.computeUnitLimit ?? 0, MAX_UNITS);
    const priority = transaction.config.priorityFeeLamports ?? 0n;
    return {
      computeUnitLimit: limit,
      feeLamports: baseFee + priority,
      microLamportsPerUnit: limit > 0 ? (priority * MICRO_LAMPORTS) / BigInt(limit) : 0n,
      loadedBytes: Math.min(transaction.config.loadedAccountsDataSizeLimit ?? 0, DEFAULT_LOADED_BYTES),
    };
  }
  let limit: number | null = null;
  let price: bigint | null = null;
  let loadedBytes = DEFAULT_LOADED_BYTES;
  const seen = new Set<number>();
  for (const [index, { programIdIndex, data }] of transaction.instructions.entries()) {
    if (transaction.staticKeys[programIdIndex] !== COMPUTE_BUDGET_PROGRAM) continue;
    try {
      const reader = new ByteReader(data);
      const tag = reader.u8();
      if (tag < 1 || tag > 4) return invalidAt(index);
      if (seen.has(tag)) return { refused: { DuplicateInstruction: index } };
      seen.add(tag);
      if (tag === UNITS_TAG) limit = reader.u32();
      else if (tag === PRICE_TAG) price = reader.u64();
      else if (tag === LOADED_BYTES_TAG) loadedBytes = Math.min(reader.u32(), DEFAULT_LOADED_BYTES);
      else reader.u32();
    } catch (error) {
      if (error instanceof ByteRangeError) return invalidAt(index);
      throw error;
    }
  }
  const computeUnitLimit = Math.min(limit ?? defaultLimit(transaction), MAX_UNITS);
  const microLamportsPerUnit = price ?? 0n;
  const priority = (BigInt(computeUnitLimit) * microLamportsPerUnit + MICRO_LAMPORTS - 1n) / MICRO_LAMPORTS;
  return { computeUnitLimit, feeLamports: baseFee + priority, microLamportsPerUnit, loadedBytes };
}

function invalidAt(index: number): { refused: TransactionError } {
  return { refused: { InstructionError: [index, 'InvalidInstructionData'] } };
}

function defaultLimit(transaction: WireTransaction): number {
  let units = 0;
  for (const { programIdIndex } of transaction.instructions) {
    const program = transaction.staticKeys[programIdIndex];
    units += program === COMPUTE_BUDGET_PROGRAM || program === SYSTEM_PROGRAM ? DEFAULT_BUILTIN_UNITS : DEFAULT_UNITS;
  }
  return units;
}
