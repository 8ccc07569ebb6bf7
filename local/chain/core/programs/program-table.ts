import type { Address } from '../accounts/account.ts';
import type { Program, ProgramTable } from '../execution/invoke-context.ts';
import { associatedTokenProgram } from './associated-token.ts';
import { attentionOracleProgram } from './attention-oracle/program.ts';
import { computeBudgetProgram } from './compute-budget.ts';
import { forwarderProgram } from './forwarder.ts';
import { memoProgram } from './memo.ts';
import { systemProgram } from './system.ts';
import { token2022Program } from './token-2022.ts';

/** Every program that runs on the chain, by address. */
export const PROGRAMS: ProgramTable = new Map<Address, Program>(
  [
    systemProgram,
    computeBudgetProgram,
    token2022Program,
    associatedTokenProgram,
    memoProgram,
    forwarderProgram,
    attentionOracleProgram,
  ].map((program) => [program.id, program]),
);
