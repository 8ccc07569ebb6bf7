/** Whether the program would accept claims now, from its accounts on the chain. */

import {
  type ChannelState,
  channelStateAddress,
  decodeChannelState,
  decodeProtocolState,
  TOKEN_2022_PROGRAM_ID,
  treasuryAddress,
} from '@attention-oracle/sdk';
import type { Pace } from '../../../domain/cluster-pace.ts';
import { protocolStateOf } from '../../../domain/protocol-state.ts';
import { type ClaimAccounts, type Refusal, refusalOf, ringEndOf } from '../../core/claimability.ts';
import type { ProofView } from '../../core/views.ts';
import type { Claimability as ClaimabilityType } from '../../schema-types.generated.ts';
import { AccountCache, type SeenAccount } from './account-cache.ts';
import type { AdmittedEndpoints } from './admitted-endpoints.ts';
import type { ChainAccount } from './read-accounts.ts';

export type Claimability = Omit<ClaimabilityType, '__typename'>;

export interface ClaimChecker {
  /** One answer a proof, in order. Never throws: what cannot be found out is unknown, with the reason. */
  check(proofs: readonly ProofView[]): Promise<Claimability[]>;
}

export interface ClaimCheckerOptions {
  readonly endpoints: AdmittedEndpoints | undefined;
  readonly programId: string;
  readonly mint: string | undefined;
  /** What a slot takes on the cluster now. */
  readonly pace: () => Pace;
}

/** Claims and roots show as soon as that. */
const KEEP_MS = 1000;
/** Where the amount stands in a token account: mint 32, owner 32. */
const TOKEN_AMOUNT_OFFSET = 64;

export function claimChecker({ endpoints, programId, mint, pace }: ClaimCheckerOptions): ClaimChecker {
  if (endpoints === undefined || mint === undefined) {
    const unknown = unknownBecause('CHAIN_NOT_CONFIGURED');
    return { check: (proofs) => Promise.resolve(proofs.map(() => unknown)) };
  }
  const cache = new AccountCache(endpoints, KEEP_MS);
  const protocolAddress = protocolStateOf(mint, programId);
  const treasury = treasuryAddress(mint, programId)[0].toString();
  const channelAddresses = new Map<string, string>();
  const addressOf = (channel: string): string => {
    const known = channelAddresses.get(channel);
    if (known !== undefined) return known;
    if (channelAddresses.size >= 10_000) channelAddresses.clear();
    const address = channelStateAddress(mint, channel, programId)[0].toString();
    channelAddresses.set(channel, address);
    return address;
  };
  const check = async (proof: ProofView): Promise<Claimability> => {
    let seen: SeenAccount[];
    try {
      seen = await Promise.all(
        [addressOf(proof.channel), protocolAddress, treasury].map((address) => cache.load(address)),
      );
    } catch {
      return unknownBecause('CHAIN_UNAVAILABLE');
    }
    const [channelAccount, protocolAccount, treasuryAccount] = seen.map(({ account }) => account);
    const asOf = {
      slot: BigInt(Math.min(...seen.map(({ slot }) => slot))),
      at: new Date(Math.min(...seen.map(({ atMs }) => atMs))),
    };
    const accounts = readable(programId, mint, channelAccount, protocolAccount, treasuryAccount);
    if (accounts === undefined) return { ...unknownBecause('ACCOUNT_UNREADABLE'), ...asOf };
    return {
      ...ACCEPTED,
      ...refusalOf(proof, accounts),
      ...asOf,
      ...ringEndOf(proof, accounts, { ...asOf, pace: pace() }),
    };
  };
  return { check: (proofs) => Promise.all(proofs.map(check)) };
}

const NOT_ASKED = { slot: null, at: null, replacedByEpoch: null, replacedAbout: null };
const ACCEPTED = { ...NOT_ASKED, claimable: true, reason: null, programError: null };

function unknownBecause(reason: Refusal['reason']): Claimability {
  return { ...NOT_ASKED, claimable: null, reason, programError: null };
}

/** The accounts as the program reads them; undefined where one is not what it should be. */
function readable(
  programId: string,
  mint: string,
  channel: ChainAccount | null | undefined,
  protocol: ChainAccount | null | undefined,
  treasury: ChainAccount | null | undefined,
): ClaimAccounts | undefined {
  try {
    const channelState = channel == null ? null : channelStateOf(channel, programId);
    const protocolState = protocol == null ? null : decodeProtocolState(owned(protocol, programId));
    if ((channelState?.mint ?? mint) !== mint || (protocolState?.mint ?? mint) !== mint) return undefined;
    return {
      channel: channelState,
      protocol: protocolState?.isInitialized === true ? protocolState : null,
      treasuryAmount: treasury == null ? null : tokenAmount(owned(treasury, TOKEN_2022_PROGRAM_ID.toString())),
    };
  } catch {
    return undefined;
  }
}

/** Read once, however many claims of the channel are asked about. */
const channelStates = new WeakMap<ChainAccount, ChannelState>();

function channelStateOf(account: ChainAccount, programId: string): ChannelState {
  const known = channelStates.get(account);
  if (known !== undefined) return known;
  const state = decodeChannelState(owned(account, programId));
  channelStates.set(account, state);
  return state;
}

/** @throws Error when the account belongs to another program. */
function owned({ owner, data }: ChainAccount, program: string): Uint8Array {
  if (owner !== program) throw new Error(`owned by ${owner}`);
  return data;
}

/** @throws RangeError when it is no token account. */
function tokenAmount(data: Uint8Array): bigint {
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getBigUint64(TOKEN_AMOUNT_OFFSET, true);
}
