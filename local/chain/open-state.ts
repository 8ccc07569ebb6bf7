import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AppError } from '../../runtime/errors.ts';
import { type Account, type Address, SYSTEM_PROGRAM } from './core/accounts/account.ts';
import { BLOCKHASH_LIFE_BLOCKS } from './core/bank/block-table.ts';
import { ChainState } from './core/bank/chain-state.ts';
import { gateAccount, MAINNET_FEATURES, VERSION_1_GATE } from './core/bank/features.ts';
import { SlotPace } from './core/bank/slot-pace.ts';
import { encodeBase58 } from './core/encoding/base58.ts';
import { NO_FAULTS } from './core/faults/fault-plan.ts';
import { programAccounts } from './core/genesis.ts';
import { History } from './core/ledger/history.ts';
import { parseTransaction } from './core/transaction/wire.ts';
import { Faucet } from './io/faucet.ts';
import { Journal } from './io/journal.ts';
import type { JournalHeader } from './io/journal-lines.ts';
import { type JournalContent, readJournal } from './io/journal-reader.ts';
import { readAccountsFile, readRecording } from './io/recording-file.ts';
import type { ChainOptions } from './options.ts';

const DEFAULT_SLOT_MS = 400;
const DEFAULT_HISTORY = 1_000_000;
const FAUCET_LAMPORTS = 9_000_000n * 1_000_000_000n;
/** More missed slots than this are passed over at once when a chain goes on after a stop. */
const MAX_SLOTS_REPLAYED = 1_000;

/** A chain's state with what its clock and its journal need. */
export type OpenedState = { state: ChainState; header: JournalHeader; journal: Journal | null };

/** Builds the state from a journal, a recording or a genesis. Throws AppError when one of them cannot be used. */
export async function openState(options: ChainOptions): Promise<OpenedState> {
  const { dataDir } = options;
  if (dataDir === undefined) return begin(options);
  if (options.recording !== undefined) {
    throw new AppError('CHAIN_OPTIONS_CONFLICT', 'A recording is read-only history: do not set a data folder with it');
  }
  const path = join(dataDir, 'journal.ndjson');
  const history = new History(options.historyLimit ?? DEFAULT_HISTORY);
  const content = await readJournal(path, history);
  if (content !== null) return resume(options, path, content, history);
  const opened = await begin(options);
  return { ...opened, journal: new Journal(path, opened.header, opened.state, options.journalLimitBytes) };
}

function timing(options: ChainOptions) {
  const slotMs = options.slotMs ?? DEFAULT_SLOT_MS;
  const alpenglow = options.alpenglowGenesisSlot ?? 'never';
  return {
    slotMs: slotMs === 'manual' ? null : slotMs,
    pace: new SlotPace(blockTimeMs(options), options.paceSteps),
    consensus: {
      confirmationSlots: options.confirmationSlots ?? 1,
      finalitySlots: options.finalitySlots ?? 32,
      alpenglowGenesisSlot: alpenglow === 'never' ? null : alpenglow,
    },
    features: { ...MAINNET_FEATURES, ...options.features },
    faults: options.faults ?? NO_FAULTS,
  };
}

/** Between the block times of two slots, before any change of pace. */
export function blockTimeMs({ slotMs = DEFAULT_SLOT_MS, blockTimeMs: given }: ChainOptions): number {
  return given ?? (slotMs === 'manual' ? DEFAULT_SLOT_MS : slotMs);
}

async function begin(options: ChainOptions): Promise<OpenedState> {
  const { slotMs, ...rules } = timing(options);
  const history = new History(options.historyLimit ?? DEFAULT_HISTORY);
  const records = options.recording === undefined ? [] : await readRecording(options.recording);
  for (const record of records) history.append(record);
  const last = records.at(-1);
  const originMs = Date.now();
  const slot = last?.slot ?? options.startSlot ?? 0;
  const startMs = last?.blockTime != null ? last.blockTime * 1_000 : (options.startMs ?? originMs);
  const seed = options.seed ?? `${originMs}`;
  const genesisHash = encodeBase58(createHash('sha256').update(`genesis/${seed}`).digest());
  const state = new ChainState({
    ...rules,
    genesisHash,
    accounts: genesisAccounts(options, genesisHash),
    origin: { slot, height: slot, time: Math.floor(startMs / 1_000) },
    history,
  });
  return { state, header: { genesisHash, slot, startMs, originMs, slotMs }, journal: null };
}

function genesisAccounts(options: ChainOptions, genesisHash: string): Map<Address, Account> {
  const recorded = options.accountsFile === undefined ? [] : readAccountsFile(options.accountsFile);
  const accounts = new Map([...programAccounts(), ...recorded, ...(options.accounts ?? [])]);
  if (options.features?.version1 ?? MAINNET_FEATURES.version1) accounts.set(VERSION_1_GATE, gateAccount(0));
  accounts.set(new Faucet(genesisHash).address, {
    lamports: FAUCET_LAMPORTS,
    owner: SYSTEM_PROGRAM,
    data: new Uint8Array(0),
    executable: false,
  });
  return accounts;
}

function resume(options: ChainOptions, path: string, content: JournalContent, history: History): OpenedState {
  const { header, finalizedSlot, finalizedHeight, pending } = content;
  const { slotMs, ...rules } = timing(options);
  if (header.slotMs !== slotMs) {
    throw new AppError(
      'CHAIN_OPTIONS_CONFLICT',
      `The chain in ${path} has slots of ${header.slotMs ?? 'manual'} ms, not ${slotMs ?? 'manual'}: ` +
        'set the same, or remove the file to start the chain anew',
    );
  }
  const first = Math.max(header.slot, finalizedSlot - 2 * BLOCKHASH_LIFE_BLOCKS);
  const elapsedMs = rules.pace.between(header.slot, first);
  const state = new ChainState({
    ...rules,
    genesisHash: header.genesisHash,
    accounts: content.accounts,
    origin: {
      slot: first,
      height: finalizedHeight - (finalizedSlot - first),
      time: Math.floor(header.startMs / 1_000) + Math.floor(elapsedMs / 1_000),
    },
    finalizedSlot,
    history,
  });
  const journal = new Journal(path, header, state, options.journalLimitBytes);
  replay(state, journal, pending);
  if (slotMs !== null)
    catchUp(
      state,
      rules.pace.slotAfter(header.slot, ((Date.now() - header.originMs) * blockTimeMs(options)) / slotMs),
      rules.consensus.finalitySlots,
    );
  return { state, header, journal };
}

function replay(state: ChainState, journal: Journal, pending: JournalContent['pending']): void {
  journal.replaying = true;
  for (const { slot, wire } of pending) {
    while (state.blocks.last < slot) state.advance();
    state.execute(parseTransaction(wire));
  }
  journal.replaying = false;
}

function catchUp(state: ChainState, dueSlot: number, finalitySlots: number): void {
  if (dueSlot - state.blocks.last <= MAX_SLOTS_REPLAYED) return;
  for (let i = 0; i <= finalitySlots && state.open.size > 0; i++) state.advance();
  if (state.open.size === 0) state.fastForward(dueSlot);
}
