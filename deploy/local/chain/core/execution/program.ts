import type { Address } from '../accounts/account.ts';
import type { InvokeContext } from './invoke-context.ts';

/** An account as one instruction sees it. */
export type AccountMeta = { readonly address: Address; readonly signer: boolean; readonly writable: boolean };

/** One program of the chain. `execute` throws InstructionFailure to refuse. */
export type Program = {
  readonly id: Address;
  /** Builtins log no "consumed" line, as on a validator. */
  readonly builtin: boolean;
  execute(context: InvokeContext, accounts: readonly AccountMeta[], data: Uint8Array): void;
};

export type ProgramTable = ReadonlyMap<Address, Program>;
