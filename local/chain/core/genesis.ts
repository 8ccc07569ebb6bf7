import { createHash } from 'node:crypto';
import { type AddressInput, base58Encode, addressBytes as bytesOfInput } from '@attention-oracle/sdk';
import { type Account, type Address, minimumBalance, programAccount, SYSTEM_PROGRAM } from './accounts/account.ts';
import { associatedTokenAddress, findDerivedAddress } from './accounts/derived-address.ts';
import {
  newFeeMint,
  newTokenAccount,
  readMint,
  TOKEN_2022_PROGRAM,
  type TransferFee,
  tokenAccountBytes,
} from './accounts/token-layout.ts';
import { encodeAddress } from './encoding/base58.ts';
import { attentionOracleProgram } from './programs/attention-oracle/program.ts';
import { newProtocolState, protocolSeeds } from './programs/attention-oracle/protocol-state.ts';
import { PROGRAMS } from './programs/program-table.ts';
import { LOOKUP_TABLE_PROGRAM, newLookupTable } from './transaction/account-keys.ts';

const BUILTIN_LOADER = 'NativeLoader1111111111111111111111111111111';
const BPF_LOADER = 'BPFLoaderUpgradeab1e11111111111111111111111';
const DECIMALS = 9;
const NO_TRANSFER_FEE: TransferFee = { basisPoints: 0n, maximum: 0n };

export type GenesisInput = {
  /** The mint's address; one that belongs to nobody when omitted. */
  mint?: AddressInput;
  /** Admin of the protocol state, and mint authority. */
  admin: AddressInput;
  /** Who may publish roots besides the admin. */
  publisher: AddressInput;
  /** Addresses that begin with SOL; admin and publisher always do. */
  funded?: readonly AddressInput[];
  /** Lamports of each funded address; default 1,000 SOL. */
  lamportsEach?: bigint;
  /** Tokens in the treasury, in smallest units (9 decimals); default 100 million tokens. */
  treasuryAmount?: bigint;
  /** What each token transfer leaves withheld; nothing when omitted. */
  transferFee?: TransferFee;
  /** Address lookup tables, by the address of the table. */
  lookupTables?: Readonly<Record<Address, readonly AddressInput[]>>;
};

export type Genesis = { mint: Address; protocolState: Address; treasury: Address; accounts: Map<Address, Account> };

/** Accounts of a chain on which the protocol is open for a mint: mint, protocol_state, treasury, SOL, lookup tables. */
export function seedGenesis(input: GenesisInput): Genesis {
  const [admin, publisher] = [address(input.admin), address(input.publisher)];
  const mint =
    input.mint === undefined
      ? encodeAddress(createHash('sha256').update('local chain: mint').digest())
      : address(input.mint);
  const treasuryAmount = input.treasuryAmount ?? 100_000_000n * 10n ** BigInt(DECIMALS);
  const accounts = new Map<Address, Account>();
  const put = (at: Address, owner: Address, data: Uint8Array) =>
    accounts.set(at, { lamports: minimumBalance(data.length), owner, data, executable: false });

  for (const wallet of [admin, publisher, ...(input.funded ?? []).map(address)]) {
    const lamports = input.lamportsEach ?? 1_000n * 1_000_000_000n;
    accounts.set(wallet, { lamports, owner: SYSTEM_PROGRAM, data: new Uint8Array(0), executable: false });
  }
  const mintData = newFeeMint(admin, DECIMALS, treasuryAmount, input.transferFee ?? NO_TRANSFER_FEE);
  put(mint, TOKEN_2022_PROGRAM, mintData);
  const program = attentionOracleProgram.id;
  const state = findDerivedAddress(protocolSeeds(mint), program);
  put(state.address, program, newProtocolState(admin, publisher, mint, state.address, state.bump));
  const treasury = associatedTokenAddress(state.address, mint, TOKEN_2022_PROGRAM);
  const layout = readMint(mintData);
  if (layout === null) throw new Error('the genesis mint cannot be read');
  put(treasury, TOKEN_2022_PROGRAM, newTokenAccount(tokenAccountBytes(layout), mint, state.address, treasuryAmount));
  for (const [table, members] of Object.entries(input.lookupTables ?? {})) {
    put(table, LOOKUP_TABLE_PROGRAM, newLookupTable(members.map(bytesOfInput)));
  }
  return { mint, protocolState: state.address, treasury, accounts };
}

function address(input: AddressInput): Address {
  return base58Encode(bytesOfInput(input));
}

/** The accounts of the programs themselves; every chain has them. */
export function programAccounts(): Map<Address, Account> {
  const accounts = new Map<Address, Account>();
  for (const [id, program] of PROGRAMS) accounts.set(id, programAccount(program.builtin ? BUILTIN_LOADER : BPF_LOADER));
  return accounts;
}
