import type { Account, Address } from './core/accounts/account.ts';
import type { Features } from './core/bank/features.ts';
import type { PaceStep } from './core/bank/slot-pace.ts';
import type { FaultPlan } from './core/faults/fault-plan.ts';

/** How a chain is started. */
export type ChainOptions = {
  /** Default 127.0.0.1. */
  host?: string;
  /** 0 (the default) takes a free port; HTTP and WebSocket share it. */
  port?: number;
  /** `manual`: slots open only by `control.advanceSlots`. A number: milliseconds a slot; default 400. */
  slotMs?: number | 'manual';
  /** Milliseconds between the block times of two slots; default: slotMs, or 400 in manual mode. */
  blockTimeMs?: number;
  /** Other lengths of slots, in block time, from given slots on; the clock follows in proportion. */
  paceSteps?: readonly PaceStep[];
  /** Under TowerBFT: slots until a slot is confirmed (default 1) and finalised (default 32). */
  confirmationSlots?: number;
  finalitySlots?: number;
  /** The slot after which Alpenglow settles blocks, 0 for all; `never` (the default): TowerBFT. */
  alpenglowGenesisSlot?: number | 'never';
  /** A node older than Alpenglow does not know getAgGenesisCert. Default true. */
  knowsAlpenglow?: boolean;
  /** Default: those of mainnet. */
  features?: Partial<Features>;
  /** First slot of a chain without recording; default 0. */
  startSlot?: number;
  /** Unix milliseconds of the first slot of a chain without recording; default now. */
  startMs?: number;
  /** Anything that makes this chain's hashes and faucet differ from another's. */
  seed?: string;
  /** Accounts at the beginning, for instance of seedGenesis. */
  accounts?: ReadonlyMap<Address, Account>;
  /** File of recorded transactions, one JSON object a line, served as finalised history. */
  recording?: string;
  /** JSON file of accounts that go with the recording. */
  accountsFile?: string;
  /** Folder of the journal from which a restart goes on; none: everything is in memory only. */
  dataDir?: string;
  /** Size at which the journal is rewritten from the state; default 256 MiB. */
  journalLimitBytes?: number;
  /** Finalised transactions kept; default 1,000,000. */
  historyLimit?: number;
  faults?: FaultPlan;
};
