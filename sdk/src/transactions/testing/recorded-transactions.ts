import { readFileSync } from 'node:fs';

/** An account key, or an instruction's reference to one. */
interface RecordedInstruction {
  programIdIndex: number;
  accounts: number[];
  data: string;
  stackHeight?: number | null;
}

/** A getTransaction answer with encoding json, as a node gave it. */
export interface JsonAnswer {
  slot: number;
  blockTime: number | null;
  version?: 'legacy' | 0 | 1;
  transaction: {
    signatures: string[];
    message: {
      accountKeys: string[];
      header: { numRequiredSignatures: number; numReadonlySignedAccounts: number; numReadonlyUnsignedAccounts: number };
      instructions: RecordedInstruction[];
      recentBlockhash: string;
    };
  };
  meta: {
    err: unknown;
    fee: number;
    computeUnitsConsumed?: number;
    innerInstructions: { index: number; instructions: RecordedInstruction[] }[] | null;
    loadedAddresses?: { writable: string[]; readonly: string[] };
  };
}

/** One line of the recording: the same transaction in two encodings. */
export interface RecordedTransaction {
  label: string;
  json: JsonAnswer;
  base64: [data: string, encoding: 'base64'];
}

/** The recorded transactions, oldest first. */
export function readRecordedTransactions(): RecordedTransaction[] {
  const path = new URL('../../../fixtures/recorded/transactions.ndjson', import.meta.url);
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as RecordedTransaction);
}

/** The answer that the same node gives for encoding base64: other transaction, same meta. */
export function asBase64({ json, base64 }: RecordedTransaction): unknown {
  return { ...json, transaction: base64 };
}

/**
 * The answer for encoding jsonParsed: keys as objects with the looked-up ones among them, instructions by address, those of
 * known programs parsed, and no loadedAddresses.
 */
export function asJsonParsed(answer: JsonAnswer, programId: string): unknown {
  const { message, signatures } = answer.transaction;
  const { loadedAddresses = { writable: [], readonly: [] }, ...meta } = answer.meta;
  const keys = [...message.accountKeys, ...loadedAddresses.writable, ...loadedAddresses.readonly];
  const parsed = ({ programIdIndex, accounts, data, stackHeight }: RecordedInstruction) => {
    const program = keys[programIdIndex];
    return program === programId
      ? { programId: program, accounts: accounts.map((i) => keys[i]), data, stackHeight }
      : { programId: program, program: 'spl-token', parsed: { type: 'transferChecked', info: {} }, stackHeight };
  };
  return {
    ...answer,
    transaction: {
      signatures,
      message: {
        accountKeys: keys.map((pubkey, i) => ({
          pubkey,
          signer: i < message.header.numRequiredSignatures,
          writable: true,
          source: i < message.accountKeys.length ? 'transaction' : 'lookupTable',
        })),
        instructions: message.instructions.map(parsed),
        recentBlockhash: message.recentBlockhash,
      },
    },
    meta: {
      ...meta,
      innerInstructions: (meta.innerInstructions ?? []).map(({ index, instructions }) => ({
        index,
        instructions: instructions.map(parsed),
      })),
    },
  };
}
