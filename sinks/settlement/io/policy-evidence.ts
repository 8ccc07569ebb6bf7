/** What policies see: the sink's tables, the treasury and every ring of the mint. Answers come at once, or are unknown. */

import { setTimeout as delay } from 'node:timers/promises';
import { channelStateAddress } from '@attention-oracle/sdk/web3';
import { AppError } from '../../../runtime/errors.ts';
import type {
  MintBooks,
  OwingSlot,
  PolicyEvidence,
  PromisedRoot,
  PromiseTerms,
  RingDebt,
} from '../core/policy/evidence.ts';
import type { PipelineView, Publisher } from '../core/policy/policy.ts';
import { type ProvenSlots, provenEverywhere } from '../core/policy/proven-slots.ts';
import type { FinalizedHead, Ring } from '../core/ports.ts';
import { usedSlots } from '../core/ring-verdict.ts';
import type { RootToSettle } from '../core/root-job.ts';

/** Less than a slot: what one channel's policy waits for must not delay another channel. */
const ANSWER_MS = 300;
/** After a late answer nobody waits again for so long: others wait behind each question. */
const SILENCE_MS = 5000;
/** Books that are older are read again. */
const BOOKS_MS = 2000;
/** Claims that a ring slot can mark, in the known builds. */
const CLAIMS_PER_SLOT = 1024;

/** The promises of all workers of the deployment. */
export interface PromiseBook {
  /** As PolicyEvidence.promise. */
  promise(mine: PromisedRoot, terms: PromiseTerms): Promise<readonly PromisedRoot[]>;
  withdraw(root: Pick<PromisedRoot, 'channel' | 'epoch'>): Promise<void>;
}

/** What the sink's database says. */
export interface SinkTables {
  /** Base units of the unclaimed leaves of roots; undefined where the tables do not hold all leaves of one. */
  owed(slots: readonly SlotOfChannel[]): Promise<(bigint | undefined)[]>;
  channels(): Promise<string[]>;
  tree(root: RootToSettle): Promise<PipelineView['tree']>;
  proven(): Promise<ProvenSlots[]>;
  publisher(): Promise<Publisher>;
}

export interface SlotOfChannel {
  readonly channel: string;
  readonly epoch: bigint;
  readonly root: string;
  readonly claimed: Uint8Array;
}

/** What the chain says of the whole mint. */
export interface MintChain {
  everyRing(): Promise<Map<string, Ring>>;
  treasury(): Promise<bigint>;
  finalizedHead(): Promise<FinalizedHead>;
}

export interface PolicyEvidenceOptions {
  readonly tables: SinkTables;
  readonly promises: PromiseBook;
  readonly chain: MintChain;
  readonly mint: string;
  readonly programId: string;
  readonly partitions: number;
  now(): number;
}

export class LivePolicyEvidence implements PolicyEvidence {
  readonly #options: PolicyEvidenceOptions;
  /** Debts by slot and bitmap: a root's leaves never change. */
  readonly #owed = new Map<string, { readonly claimed: string; readonly owed: bigint }>();
  readonly #channels = new Map<string, string>();
  #silentUntilMs = 0;
  #books: { readonly atMs: number; readonly books: Promise<MintBooks> } | undefined;

  constructor(options: PolicyEvidenceOptions) {
    this.#options = options;
  }

  payout({ channel, epoch, root }: RootToSettle): Promise<bigint> {
    return this.#soon(() => this.#owedBy({ channel, epoch, root, claimed: new Uint8Array(CLAIMS_PER_SLOT / 8) }));
  }

  owed(channel: string, { epoch, root, claimed }: OwingSlot): Promise<bigint> {
    return this.#soon(() => this.#owedBy({ channel, epoch, root, claimed: claimed ?? new Uint8Array(0) }));
  }

  async #owedBy(slot: SlotOfChannel): Promise<bigint> {
    const [owed] = await this.#owedOf([slot]);
    if (owed === undefined) throw unstored([slot]);
    return owed;
  }

  books(): Promise<MintBooks> {
    const nowMs = this.#options.now();
    if (this.#books === undefined || nowMs - this.#books.atMs >= BOOKS_MS) {
      this.#books = { atMs: nowMs, books: this.#readBooks() };
      // Said by whoever asks; an answer nobody waited for is asked for again.
      this.#books.books.catch(() => {
        this.#books = undefined;
      });
    }
    const { books } = this.#books;
    return this.#soon(() => books);
  }

  async #readBooks(): Promise<MintBooks> {
    const { chain } = this.#options;
    // In this order: a claim that is paid between the two makes the treasury look smaller, never larger.
    const rings = await chain.everyRing();
    const treasury = await chain.treasury();
    const slots = await this.#slotsOf(rings);
    const owed = await this.#owedOf(slots);
    const debts: RingDebt[] = slots.flatMap(({ channel, epoch, root }, index) => {
      const amount = owed[index];
      return amount === undefined ? [] : [{ channel, epoch, root, owed: amount }];
    });
    if (debts.length < slots.length) throw unstored(slots.filter((_, index) => owed[index] === undefined));
    return { treasury, debts };
  }

  /** @throws AppError POLICY_UNKNOWN for a ring of a channel that the sink has never heard of. */
  async #slotsOf(rings: ReadonlyMap<string, Ring>): Promise<SlotOfChannel[]> {
    const { tables, mint, programId } = this.#options;
    const unnamed = (): string | undefined => [...rings.keys()].find((address) => !this.#channels.has(address));
    if (unnamed() !== undefined) {
      for (const channel of await tables.channels()) {
        this.#channels.set(channelStateAddress(mint, channel, programId)[0].toBase58(), channel);
      }
    }
    return [...rings].flatMap(([address, ring]) =>
      usedSlots(ring).map(({ epoch, root, claimed }) => ({
        // Of a channel that the tables do not have nothing is stored: its debt is unknown.
        channel: this.#channels.get(address) ?? `the channel of account ${address}`,
        ...{ epoch, root, claimed: claimed ?? new Uint8Array(0) },
      })),
    );
  }

  async #owedOf(slots: readonly SlotOfChannel[]): Promise<(bigint | undefined)[]> {
    const asked = slots.filter((slot) => this.#knownOwed(slot) === undefined);
    const answers = asked.length === 0 ? [] : await this.#options.tables.owed(asked);
    for (const [index, slot] of asked.entries()) {
      const owed = answers[index];
      if (owed !== undefined) this.#owed.set(keyOf(slot), { claimed: bitsOf(slot), owed });
    }
    return slots.map((slot) => this.#knownOwed(slot));
  }

  #knownOwed(slot: SlotOfChannel): bigint | undefined {
    const known = this.#owed.get(keyOf(slot));
    return known?.claimed === bitsOf(slot) ? known.owed : undefined;
  }

  promise(mine: PromisedRoot, terms: PromiseTerms): Promise<readonly PromisedRoot[]> {
    return this.#soon(() => this.#options.promises.promise(mine, terms));
  }

  withdraw(root: RootToSettle): Promise<void> {
    return this.#soon(() => this.#options.promises.withdraw(root));
  }

  publisher(): Promise<Publisher> {
    return this.#soon(() => this.#options.tables.publisher());
  }

  pipeline(root: RootToSettle): Promise<PipelineView> {
    return this.#soon(async () => {
      const { tables, chain, partitions } = this.#options;
      const [tree, proven, head] = await Promise.all([tables.tree(root), tables.proven(), chain.finalizedHead()]);
      return { tree, ...provenEverywhere(proven, partitions, { root, headSlot: head.slot }) };
    });
  }

  /** A late answer is unknown now, and there at the next look where it is kept. */
  async #soon<T>(work: () => Promise<T>): Promise<T> {
    if (this.#options.now() < this.#silentUntilMs) throw late();
    const timer = new AbortController();
    const tooLate = delay(ANSWER_MS, undefined, { signal: timer.signal }).then(() => {
      this.#silentUntilMs = this.#options.now() + SILENCE_MS;
      throw late();
    });
    tooLate.catch(() => undefined);
    try {
      return await Promise.race([work(), tooLate]);
    } finally {
      timer.abort();
    }
  }
}

function late(): AppError {
  return new AppError('POLICY_UNKNOWN', `no answer within ${ANSWER_MS} ms`);
}

function keyOf({ channel, epoch, root }: SlotOfChannel): string {
  return `${root}/${epoch}/${channel}`;
}

function bitsOf({ claimed }: SlotOfChannel): string {
  return Buffer.from(claimed).toString('base64');
}

function unstored(slots: readonly SlotOfChannel[]): AppError {
  const [first] = slots;
  return new AppError(
    'POLICY_UNKNOWN',
    `the sink does not hold every claim of ${slots.length === 1 ? 'the root' : `${slots.length} roots, one of them`} of epoch ${first?.epoch} of ${first?.channel}, so nobody knows what can be claimed from it`,
  );
}
