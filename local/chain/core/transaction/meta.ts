import { TOKEN_2022_PROGRAM } from '../accounts/token-layout.ts';
import { encodeBase58 } from '../encoding/base58.ts';
import type { Execution, TokenBalance } from '../execution/execute.ts';
import type { InnerInstruction } from '../execution/invoke-context.ts';

export type CompiledInstruction = {
  programIdIndex: number;
  accounts: number[];
  data: string;
  stackHeight: number | null;
};
export type InnerGroup = { index: number; instructions: CompiledInstruction[] };
/** `meta` of getTransaction in the encodings json and base64. Further fields of recorded answers are kept as they are. */
export type TransactionMeta = {
  err: unknown;
  innerInstructions: InnerGroup[] | null;
  loadedAddresses?: { writable: string[]; readonly: string[] };
  [field: string]: unknown;
};

/** The `meta` that a validator gives for an execution. */
export function metaOf(execution: Execution): TransactionMeta {
  const indexes = new Map(execution.keys.map((key, index) => [key.address, index]));
  const meta: TransactionMeta = {
    computeUnitsConsumed: execution.unitsConsumed,
    err: execution.error,
    fee: Number(execution.feeLamports),
    innerInstructions: execution.inner.map(({ index, instructions }) => ({
      index,
      instructions: instructions.map((instruction) => compile(instruction, indexes)),
    })),
    loadedAddresses: execution.loaded,
    logMessages: execution.logs,
    postBalances: execution.postBalances.map(Number),
    postTokenBalances: execution.postTokens.map(tokenBalanceJson),
    preBalances: execution.preBalances.map(Number),
    preTokenBalances: execution.preTokens.map(tokenBalanceJson),
    rewards: [],
    status: execution.error === null ? { Ok: null } : { Err: execution.error },
  };
  if (execution.returnData !== null) meta['returnData'] = returnDataJson(execution.returnData);
  return meta;
}

function compile(instruction: InnerInstruction, indexes: ReadonlyMap<string, number>): CompiledInstruction {
  return {
    accounts: instruction.accounts.map((address) => indexes.get(address) ?? -1),
    data: encodeBase58(instruction.data),
    programIdIndex: indexes.get(instruction.program) ?? -1,
    stackHeight: instruction.stackHeight,
  };
}

/** `returnData` as answers carry it. */
export function returnDataJson(returnData: { programId: string; data: Uint8Array }) {
  return { data: [Buffer.from(returnData.data).toString('base64'), 'base64'], programId: returnData.programId };
}

function tokenBalanceJson(balance: TokenBalance) {
  return {
    accountIndex: balance.accountIndex,
    mint: balance.mint,
    owner: balance.owner,
    programId: TOKEN_2022_PROGRAM,
    uiTokenAmount: uiTokenAmount(balance.amount, balance.decimals),
  };
}

/** A token amount as answers show it: exact as a string, and with the decimal point. */
export function uiTokenAmount(amount: bigint, decimals: number) {
  const digits = amount.toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  const text = fraction === '' ? whole : `${whole}.${fraction}`;
  return { amount: amount.toString(), decimals, uiAmount: Number(text), uiAmountString: text };
}
