import { type Account, type Address, EMPTY_ACCOUNT } from '../accounts/account.ts';
import type { AccountMeta } from './account-meta.ts';
import { InstructionFailure } from './errors.ts';
import { LogCollector } from './log-collector.ts';

const MAX_DEPTH = 5;
/** Instructions of one transaction, those that programs call included. */
const MAX_INSTRUCTIONS = 64;

/** An instruction that a program called, as it goes into `meta.innerInstructions`. */
export type InnerInstruction = { program: Address; accounts: Address[]; data: Uint8Array; stackHeight: number };

/** One program of the chain. `execute` throws InstructionFailure to refuse. */
export type Program = {
  readonly id: Address;
  /** Builtins log no "consumed" line, as on a validator. */
  readonly builtin: boolean;
  execute(context: InvokeContext, accounts: readonly AccountMeta[], data: Uint8Array): void;
};

export type ProgramTable = ReadonlyMap<Address, Program>;

type Frame = { program: Program; accounts: readonly AccountMeta[] };

/** What programs see while one transaction runs: its accounts, log, compute meter, clock and calls to other programs. */
export class InvokeContext {
  readonly logs = new LogCollector();
  /** Calls made so far by the running top-level instruction. */
  inner: InnerInstruction[] = [];
  returnData: { programId: Address; data: Uint8Array } | null = null;
  readonly slot: number;
  readonly unixTimestamp: number;
  readonly #accounts: Map<Address, Account>;
  readonly #programs: ProgramTable;
  readonly #frames: Frame[] = [];
  #unitsLeft: number;
  #unitsUsed = 0;
  #instructions = 0;

  constructor(init: {
    accounts: Map<Address, Account>;
    programs: ProgramTable;
    computeUnitLimit: number;
    slot: number;
    unixTimestamp: number;
  }) {
    this.#accounts = init.accounts;
    this.#programs = init.programs;
    this.#unitsLeft = init.computeUnitLimit;
    this.slot = init.slot;
    this.unixTimestamp = init.unixTimestamp;
  }

  get unitsConsumed(): number {
    return this.#unitsUsed;
  }

  /** The id of the program that is running. */
  get programId(): Address {
    return this.#frame().program.id;
  }

  #frame(): Frame {
    const frame = this.#frames.at(-1);
    if (frame === undefined) throw new Error('no program is running');
    return frame;
  }

  log(message: string): void {
    this.logs.push(`Program log: ${message}`);
  }

  /** Uses compute units; fails the instruction when the limit is reached. */
  consume(units: number): void {
    const used = Math.min(units, this.#unitsLeft);
    this.#unitsLeft -= used;
    this.#unitsUsed += used;
    if (used < units) throw new InstructionFailure('ComputationalBudgetExceeded');
  }

  account(address: Address): Account {
    return this.#accounts.get(address) ?? EMPTY_ACCOUNT;
  }

  /** Replaces an account. Refused unless the running instruction may write it. */
  write(address: Address, change: Partial<Account>): void {
    const writable = this.#frame().accounts.some((meta) => meta.address === address && meta.writable);
    if (!writable) {
      throw new InstructionFailure(change.data ? 'ReadonlyDataModified' : 'ReadonlyLamportChange');
    }
    this.#accounts.set(address, { ...this.account(address), ...change });
  }

  setReturnData(data: Uint8Array): void {
    this.returnData = { programId: this.programId, data };
  }

  /** Runs a top-level instruction. */
  run(program: Program, accounts: readonly AccountMeta[], data: Uint8Array): void {
    this.inner = [];
    this.#enter(program, accounts, data);
  }

  /** Calls another program. `pdaSigners` are addresses that the caller derives and so may sign for. */
  invoke(programId: Address, accounts: readonly AccountMeta[], data: Uint8Array, pdaSigners: Address[] = []): void {
    const program = this.#programs.get(programId);
    if (program === undefined) throw new InstructionFailure('UnsupportedProgramId');
    const caller = this.#frame();
    for (const meta of accounts) {
      const held = caller.accounts.filter((own) => own.address === meta.address);
      const signs = held.some((own) => own.signer) || pdaSigners.includes(meta.address);
      if ((meta.signer && !signs) || (meta.writable && !held.some((own) => own.writable))) {
        this.logs.push(`${meta.address}'s signer or writable privilege escalated`);
        throw new InstructionFailure('PrivilegeEscalation');
      }
    }
    if (this.#frames.length >= MAX_DEPTH) throw new InstructionFailure('CallDepth');
    this.inner.push({
      program: programId,
      accounts: accounts.map((meta) => meta.address),
      data,
      stackHeight: this.#frames.length + 1,
    });
    this.#enter(program, accounts, data);
  }

  #enter(program: Program, accounts: readonly AccountMeta[], data: Uint8Array): void {
    this.#instructions += 1;
    if (this.#instructions > MAX_INSTRUCTIONS) throw new InstructionFailure('MaxInstructionTraceLengthExceeded');
    this.#frames.push({ program, accounts });
    this.logs.push(`Program ${program.id} invoke [${this.#frames.length}]`);
    const available = this.#unitsLeft;
    this.returnData = null;
    try {
      program.execute(this, accounts, data);
      this.#logConsumed(program, available);
      this.#logReturn(program);
      this.logs.push(`Program ${program.id} success`);
    } catch (error) {
      if (!(error instanceof InstructionFailure)) throw error;
      this.#logConsumed(program, available);
      this.logs.push(`Program ${program.id} failed: ${error.message}`);
      throw error;
    } finally {
      this.#frames.pop();
    }
  }

  #logConsumed(program: Program, available: number): void {
    if (program.builtin) return;
    this.logs.push(`Program ${program.id} consumed ${available - this.#unitsLeft} of ${available} compute units`);
  }

  #logReturn(program: Program): void {
    if (this.returnData?.programId !== program.id) return;
    this.logs.push(`Program return: ${program.id} ${Buffer.from(this.returnData.data).toString('base64')}`);
  }
}
