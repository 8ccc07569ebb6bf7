/** What of a mint's protocol is on a chain, what is still to be done, and what only others can do. */

import { associatedTokenAddress, type ProtocolState, protocolStateAddress } from '@attention-oracle/sdk';

/** Tokens have so many digits after the point where we make the mint. */
export const MINT_DECIMALS = 9;
/** What a treasury is filled up to where we may mint: 100 million tokens, smallest units. */
export const TREASURY_AMOUNT = 100_000_000n * 10n ** BigInt(MINT_DECIMALS);
/** What setting up and the first allocations cost at most: mint, states, treasury, four channels, fees. */
export const ADMIN_LAMPORTS = 100_000_000n;

/** As one look at the chain found it. */
export interface ProtocolFacts {
  /** Whether the program's account is there and can be run. */
  readonly hasProgram: boolean;
  /** Null: no account; `foreign`: an account that is no Token-2022 mint. */
  readonly mint:
    | { readonly decimals: number; readonly supply: bigint; readonly authority: string | null }
    | null
    | 'foreign';
  readonly protocol: ProtocolState | null;
  /** Tokens in the treasury, smallest units; null: it has no account. */
  readonly treasury: bigint | null;
  /** Of the one who sets up. */
  readonly adminLamports: bigint;
}

/** What the chain should have. */
export interface WantedProtocol {
  readonly programId: string;
  readonly mint: string;
  /** Whose key signs. */
  readonly admin: string;
  /** Who publishes roots; null: whoever it is. */
  readonly publisher: string | null;
  /** The treasury is filled up to it where we may mint, smallest units. */
  readonly treasuryAmount: bigint;
  /** Whether the mint's own key is at hand, without which no mint can be made. */
  readonly canMakeMint: boolean;
}

export type Step =
  | 'fund the administrator'
  | 'make the mint'
  | 'open the protocol'
  | 'make the treasury'
  | 'fill the treasury'
  | 'name the publisher';

/** One thing that is missing and that we cannot make. */
export interface Lack {
  readonly code: 'PROTOCOL_INCOMPLETE' | 'PROTOCOL_FORBIDDEN';
  /** What, and who can do what about it. */
  readonly sentence: string;
}

export interface Standing {
  /** In the order in which they must be done. */
  readonly steps: readonly Step[];
  readonly lacks: readonly Lack[];
}

/** Judges what one look found. */
export function standingOf(facts: ProtocolFacts, wanted: WantedProtocol): Standing {
  if (!facts.hasProgram) return { steps: [], lacks: [noProgram(wanted)] };
  const parts = [mintStanding(facts, wanted), stateStanding(facts, wanted), treasuryStanding(facts, wanted)];
  const steps = parts.flatMap((part) => part.steps ?? []);
  const isPoor = steps.length > 0 && facts.adminLamports < ADMIN_LAMPORTS;
  return {
    steps: isPoor ? ['fund the administrator', ...steps] : steps,
    lacks: parts.flatMap(({ lack }) => lack ?? []),
  };
}

interface Part {
  readonly steps?: readonly Step[];
  readonly lack?: readonly Lack[];
}

function mintStanding({ mint }: ProtocolFacts, wanted: WantedProtocol): Part {
  if (mint === null) {
    if (wanted.canMakeMint) return { steps: ['make the mint'] };
    return incomplete(
      `The mint ${wanted.mint} is not on this chain, and only its own key can make it: give its keypair file, or leave MINT_PUBKEY out and a new mint is made.`,
    );
  }
  if (mint !== 'foreign') return {};
  return incomplete(`The account ${wanted.mint} is no Token-2022 mint: correct MINT_PUBKEY.`);
}

function stateStanding({ mint, protocol }: ProtocolFacts, wanted: WantedProtocol): Part {
  if (mint === 'foreign' || (mint === null && !wanted.canMakeMint)) return {};
  const state = protocolStateAddress(wanted.mint, wanted.programId)[0].toBase58();
  const { admin, publisher } = wanted;
  const isPublisherNew = publisher !== null && publisher !== admin;
  if (protocol === null)
    return { steps: ['open the protocol', ...(isPublisherNew ? (['name the publisher'] as const) : [])] };
  const lack: Lack[] = [];
  if (protocol.paused)
    lack.push({
      code: 'PROTOCOL_INCOMPLETE',
      sentence: `The protocol ${state} is paused: the program refuses roots and claims until its admin ${protocol.admin} lets it go on (set_paused_open).`,
    });
  if (protocol.requireReceipt)
    lack.push({
      code: 'PROTOCOL_INCOMPLETE',
      sentence: `The protocol ${state} asks for a receipt with each claim, which the fans do not make: its admin ${protocol.admin} can change that (set_policy_open).`,
    });
  const mayPublish = (address: string): boolean => address === protocol.admin || address === protocol.publisher;
  if (!mayPublish(admin))
    lack.push({
      code: 'PROTOCOL_FORBIDDEN',
      sentence: `The key ${admin} is neither admin (${protocol.admin}) nor publisher (${protocol.publisher}) of the protocol ${state}: it can publish and change nothing there. Give the keypair file of one of them, or leave MINT_PUBKEY out and a protocol of your own is opened.`,
    });
  if (publisher === null || mayPublish(publisher)) return { lack };
  if (admin === protocol.admin) return { steps: ['name the publisher'], lack };
  lack.push({
    code: 'PROTOCOL_FORBIDDEN',
    sentence: `The key ${publisher} may not publish: the publisher of the protocol ${state} is ${protocol.publisher}, and only its admin ${protocol.admin} can name another.`,
  });
  return { lack };
}

function treasuryStanding({ mint, treasury }: ProtocolFacts, wanted: WantedProtocol): Part {
  if (mint === 'foreign' || (mint === null && !wanted.canMakeMint)) return {};
  const make: Step[] = treasury === null ? ['make the treasury'] : [];
  const held = treasury ?? 0n;
  if (held >= wanted.treasuryAmount) return { steps: make };
  const authority = mint === null ? wanted.admin : mint.authority;
  if (authority === wanted.admin) return { steps: [...make, 'fill the treasury'] };
  if (held > 0n) return { steps: make };
  const owner = protocolStateAddress(wanted.mint, wanted.programId)[0];
  const address = associatedTokenAddress(wanted.mint, owner)[0].toBase58();
  const who = authority === null ? 'nobody can mint any more' : `only ${authority} can mint`;
  return {
    steps: make,
    ...incomplete(`The treasury ${address} holds no tokens, and ${who}: send it some, or no claim can be paid.`),
  };
}

function noProgram({ programId }: WantedProtocol): Lack {
  const sentence = `There is no program ${programId} on this chain: deploy it there, or set AO_PROGRAM_ID to where it is.`;
  return { code: 'PROTOCOL_INCOMPLETE', sentence };
}

function incomplete(sentence: string): { lack: readonly Lack[] } {
  return { lack: [{ code: 'PROTOCOL_INCOMPLETE', sentence }] };
}
