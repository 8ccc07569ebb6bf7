/** A cluster in simulated time for tests of the settler: forks, lagging nodes, lost and repeated sends, lost answers. */

import type {
  AccountsAnswer,
  Chain,
  ChannelHistory,
  FinalizedHead,
  ProtocolView,
  PublicationTransaction,
  Ring,
  Simulation,
  StatusAnswer,
  TransactionCost,
  TransactionFactory,
  TransactionSize,
  TransactionTerms,
  Unreadable,
} from '../../sinks/settlement/core/ports.ts';
import type { RootToSettle } from '../../sinks/settlement/core/root-job.ts';
import { FORM_LIMITS, type TransactionForm } from '../../sinks/settlement/core/transaction-form.ts';

export const SLOT_MS = 400;
/** Slots until a block is final: TowerBFT. */
export const TOWER_SLOTS = 32;
/** Alpenglow: what is confirmed is final. */
export const ALPENGLOW_SLOTS = 1;
const BLOCKHASH_SLOTS = 150;
const RING_SLOTS = 10;
export const PUBLISHER = 'publisher';

export interface ChainFaults {
  /** Share of calls without an answer, of which half did their work. */
  readonly lostAnswers: number;
  /** Share of sends that reach no leader. */
  readonly lostSends: number;
  /** Share of sends that take up to the whole life of their blockhash to land. */
  readonly slowSends: number;
  /** Share of status answers from a node that has lost its history. */
  readonly forgetful: number;
  /** Share of answers from a node that is behind. */
  readonly lagging: number;
  /** Share of slots in which the newest blocks are given up. */
  readonly forks: number;
}

export const NO_CHAIN_FAULTS: ChainFaults = {
  ...{ lostAnswers: 0, lostSends: 0, slowSends: 0, forgetful: 0, lagging: 0, forks: 0 },
};

interface Body {
  readonly signer: string;
  readonly roots: readonly { readonly channel: string; readonly epoch: string; readonly root: string }[];
  readonly lastValidBlockHeight: number;
  readonly signature: string;
  readonly priorityFee: number;
  readonly form: TransactionForm;
}

interface Landed extends Body {
  readonly height: number;
  readonly error: unknown;
}

/** Where version 1 transactions end: nowhere, as their gate is shut; on chain; at a node that refuses to simulate them; on their way. */
export type Version1Fate = 'gated' | 'taken' | 'refused' | 'lost';

/** A small generator of repeatable random numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export class SimulatedChain implements Chain {
  protocol: ProtocolView | Unreadable | undefined = { paused: false, admin: 'admin', publisher: PUBLISHER };
  payerLamports = 1_000_000_000n;
  /** A channel that the program refuses by an error of its own. */
  refusedChannel: string | undefined;
  /** A channel whose account is of a layout that nobody here knows. */
  unreadableChannel: string | undefined;
  /** What the node says of its history of a channel. */
  historyComplete: ChannelHistory['complete'] = 'whole';
  /** Micro-lamports a compute unit that each transaction that was sent offered. */
  readonly prices: number[] = [];
  /** False: an epoch that is there already is taken again, so that a second send shows as a second publication. */
  enforcesRing = true;
  version1: Version1Fate = 'gated';
  finalitySlots = TOWER_SLOTS;
  faults: ChainFaults;
  readonly landed: Landed[] = [];
  readonly #random: () => number;
  readonly #clock: { nowMs: number };
  readonly #pool = new Map<string, { body: Body; landsAt: number }>();
  readonly #preset: { channel: string; epoch: bigint; root: string }[] = [];
  #height = 0;

  constructor(clock: { nowMs: number }, random: () => number, faults: ChainFaults = NO_CHAIN_FAULTS) {
    this.#clock = clock;
    this.#random = random;
    this.faults = faults;
  }

  /** From now on no node has the method. */
  lacks(method: 'recentPriorityFees' | 'rentExemptLamports' | 'cost' | 'simulate' | 'latestBlockhash'): void {
    const missing = Object.assign(new Error('Method not found'), { code: 'RPC_METHOD_MISSING' });
    Object.assign(this, { [method]: () => Promise.reject(missing) });
  }

  /** Puts a root into a channel's ring before everything else. */
  preset(channel: string, epoch: bigint, root: string): void {
    this.#preset.push({ channel, epoch, root });
  }

  /** A transaction of somebody else in the newest block. */
  landForeign(channel: string, epoch: bigint, root: string, signature = 'foreign', signer = 'somebody'): void {
    this.#advance();
    const body = {
      signer,
      roots: [{ channel, epoch: epoch.toString(), root }],
      lastValidBlockHeight: 0,
      signature,
      priorityFee: 0,
      form: 'legacy' as const,
    };
    this.landed.push({ ...body, height: this.#height, error: null });
  }

  /** Gives up every block that is not finalised, with what is in them. */
  dropUnfinalised(): void {
    this.#advance();
    const kept = this.landed.filter(({ height }) => height <= this.#height - this.finalitySlots);
    this.landed.splice(0, this.landed.length, ...kept);
  }

  /** Successful publications of a root in blocks up to the head. */
  publications(channel: string, epoch: bigint): Landed[] {
    this.#advance();
    return this.landed.filter(
      ({ error, roots }) =>
        error === null && roots.some((root) => root.channel === channel && root.epoch === epoch.toString()),
    );
  }

  get failedOnChain(): number {
    return this.landed.filter(({ error }) => error !== null).length;
  }

  #advance(): void {
    const target = Math.floor(this.#clock.nowMs / SLOT_MS);
    while (this.#height < target) {
      this.#height += 1;
      if (this.#random() < this.faults.forks) this.#fork(1 + Math.floor(this.#random() * 8));
      const due = [...this.#pool.values()].filter(({ landsAt }) => landsAt <= this.#height);
      for (const { body } of due) {
        this.#pool.delete(body.signature);
        if (this.#height <= body.lastValidBlockHeight) this.#execute(body);
      }
    }
  }

  #fork(depth: number): void {
    const from = Math.max(this.#height - depth, this.#height - this.finalitySlots + 1);
    while ((this.landed.at(-1)?.height ?? Number.NEGATIVE_INFINITY) > from) {
      const lost = this.landed.pop();
      if (lost !== undefined && this.#random() < 0.5) this.#queue(lost);
    }
  }

  #execute(body: Body): void {
    let error: unknown = null;
    for (const [index, { channel, epoch, root }] of body.roots.entries()) {
      const slot = this.#ringAt(channel, this.#height)?.[Number(BigInt(epoch) % BigInt(RING_SLOTS))];
      const refused = slot !== undefined && BigInt(epoch) <= slot.epoch && slot.root !== '';
      if (refused && (this.enforcesRing || slot.root !== root))
        error ??= { InstructionError: [positionOf(body, index), { Custom: 6023 }] };
    }
    this.landed.push({ ...body, height: this.#height, error });
  }

  #ringAt(channel: string, height: number): Ring {
    const slots = Array.from({ length: RING_SLOTS }, () => ({ epoch: 0n, root: '0'.repeat(64) }));
    let exists = false;
    const put = (epoch: bigint, root: string): void => {
      slots[Number(epoch % BigInt(RING_SLOTS))] = { epoch, root };
      exists = true;
    };
    for (const root of this.#preset) if (root.channel === channel) put(root.epoch, root.root);
    for (const { error, height: at, roots } of this.landed) {
      if (error !== null || at > height) continue;
      for (const root of roots) if (root.channel === channel) put(BigInt(root.epoch), root.root);
    }
    return exists ? slots : undefined;
  }

  /** Newest height that the answering node has. */
  #nodeHeight(): number {
    this.#advance();
    const behind = this.#random() < this.faults.lagging ? Math.floor(this.#random() * 60) : 0;
    return Math.max(0, this.#height - behind);
  }

  #mayLose(): void {
    if (this.#random() < this.faults.lostAnswers) throw new Error('no answer');
  }

  async finalizedHead(): Promise<FinalizedHead> {
    this.#mayLose();
    const height = Math.max(0, this.#nodeHeight() - this.finalitySlots);
    return { slot: height, blockHeight: height };
  }

  async statuses(signatures: readonly string[]): Promise<StatusAnswer> {
    this.#mayLose();
    const node = this.#nodeHeight();
    const forgets = this.#random() < this.faults.forgetful;
    const statuses = new Map(
      signatures.map((signature) => {
        const found = this.landed.find((landed) => landed.signature === signature && landed.height <= node);
        if (forgets) return [signature, null];
        if (found === undefined) return [signature, null];
        const depth = node - found.height;
        const confirmation = depth >= this.finalitySlots ? 'finalized' : depth >= 1 ? 'confirmed' : 'processed';
        return [signature, { slot: found.height, confirmation, error: found.error } as const];
      }),
    );
    return { contextSlot: node, statuses };
  }

  async accounts(
    channels: readonly string[],
    _payer: string | undefined,
    commitment: 'confirmed' | 'finalized',
    minContextSlot = 0,
  ): Promise<AccountsAnswer> {
    this.#mayLose();
    const node = this.#nodeHeight();
    const height = commitment === 'finalized' ? node - this.finalitySlots : node - 1;
    if (height < minContextSlot) throw new Error('Minimum context slot has not been reached');
    const unreadable = { unreadable: 'a ChannelState of 1790 bytes is not known here' };
    const rings = new Map(
      channels.map((channel) => [
        channel,
        channel === this.unreadableChannel ? unreadable : this.#ringAt(channel, height),
      ]),
    );
    const version1 = this.version1 !== 'gated';
    return { protocol: this.protocol, payerLamports: this.payerLamports, version1, rings };
  }

  async latestBlockhash(): Promise<{ blockhash: string; lastValidBlockHeight: number }> {
    this.#mayLose();
    const lastValidBlockHeight = Math.max(0, this.#nodeHeight() - 1) + BLOCKHASH_SLOTS;
    return { blockhash: String(lastValidBlockHeight), lastValidBlockHeight };
  }

  async simulate(wire: Uint8Array): Promise<Simulation> {
    this.#mayLose();
    const height = this.#nodeHeight();
    const body = decodeWire(wire);
    const { roots, form } = body;
    if (form === 'version1' && this.version1 === 'gated')
      return { error: 'UnsupportedVersion', logs: [], computeUnits: 0 };
    if (form === 'version1' && this.version1 === 'refused') throw new Error('failed to deserialize the transaction');
    const refused = roots.findIndex(({ channel }) => channel === this.refusedChannel);
    if (refused >= 0)
      return { error: { InstructionError: [positionOf(body, refused), { Custom: 6011 }] }, logs: [], computeUnits: 0 };
    const index = roots.findIndex(({ channel, epoch, root }) => {
      const slot = this.#ringAt(channel, height)?.[Number(BigInt(epoch) % BigInt(RING_SLOTS))];
      return slot !== undefined && BigInt(epoch) <= slot.epoch && (this.enforcesRing || slot.root !== root);
    });
    const error = index < 0 ? null : { InstructionError: [positionOf(body, index), { Custom: 6023 }] };
    return { error, logs: [], computeUnits: 15_000 * roots.length };
  }

  async recentPriorityFees(): Promise<number[]> {
    this.#mayLose();
    return [0, 1000, 2000];
  }

  async rentExemptLamports(bytes: number): Promise<bigint> {
    this.#mayLose();
    return BigInt((bytes + 128) * 6960);
  }

  async send(wire: Uint8Array): Promise<void> {
    const lost = this.#random() < this.faults.lostAnswers;
    if (lost && this.#random() < 0.5) throw new Error('send failed');
    this.#advance();
    const body = decodeWire(wire);
    this.prices.push(body.priorityFee);
    if (body.form === 'version1' && this.version1 !== 'taken') return;
    const known = this.#pool.has(body.signature) || this.landed.some(({ signature }) => signature === body.signature);
    if (!known && this.#random() >= this.faults.lostSends) this.#queue(body);
    if (lost) throw new Error('send failed, but it landed');
  }

  #queue(body: Body): void {
    const slots = this.#random() < this.faults.slowSends ? BLOCKHASH_SLOTS : 4;
    this.#pool.set(body.signature, { body, landsAt: this.#height + 1 + Math.floor(this.#random() * slots) });
  }

  /** Finalised ones; a root that was preset has no transaction, and is not told. */
  async channelHistory(channel: string, sinceSlot: number): Promise<ChannelHistory> {
    this.#mayLose();
    const height = this.#nodeHeight() - this.finalitySlots;
    let isFirst = this.#ringAt(channel, -1) === undefined;
    const publications = this.landed.flatMap(({ error, height: slot, roots, signer }) => {
      const found = roots.filter((root) => root.channel === channel);
      if (error !== null || slot > height || found.length === 0) return [];
      const createsAccount = isFirst;
      isFirst = false;
      return found.map(({ epoch, root }) => ({ epoch: BigInt(epoch), root, slot, signer, createsAccount }));
    });
    return { publications, sinceSlot, complete: this.historyComplete };
  }

  async cost(signature: string): Promise<TransactionCost | undefined> {
    this.#mayLose();
    const found = this.landed.find((landed) => landed.signature === signature);
    return found === undefined ? undefined : { feeLamports: 5000n, computeUnits: 15_000 * found.roots.length };
  }
}

/** Of a root's instruction in its transaction. */
function positionOf({ form }: Body, index: number): number {
  return FORM_LIMITS[form].instructionsBefore + index;
}

function decodeWire(wire: Uint8Array): Body {
  return JSON.parse(Buffer.from(wire).toString('utf8')) as Body;
}

/** Transactions as JSON; the blockhash stands for the last valid height. */
export class SimulatedTransactions implements TransactionFactory {
  readonly payer: string | undefined;
  /** Whether the signer answers; asked before each signature. */
  signs: () => boolean = () => true;
  static #made = 0;

  readonly #bytesARoot: number;

  constructor(payer: string | undefined = PUBLISHER, bytesARoot = 155) {
    this.payer = payer;
    this.#bytesARoot = bytesARoot;
  }

  size(roots: readonly RootToSettle[], form: TransactionForm): TransactionSize {
    const channels = new Set(roots.map(({ channel }) => channel));
    return { bytes: (form === 'legacy' ? 282 : 266) + this.#bytesARoot * roots.length, addresses: 5 + channels.size };
  }

  async create(roots: readonly RootToSettle[], terms: TransactionTerms): Promise<PublicationTransaction> {
    if (!this.signs()) throw Object.assign(new Error('the signer is away'), { code: 'SIGNER_UNAVAILABLE' });
    SimulatedTransactions.#made += 1;
    const signature = `signature-${SimulatedTransactions.#made}`;
    return { signature, wire: encodeWire(roots, terms, signature) };
  }

  createUnsigned(roots: readonly RootToSettle[], _payer: string, terms: TransactionTerms): Uint8Array {
    return encodeWire(roots, terms, '');
  }

  describe({ channel, epoch, root }: RootToSettle, payer: string): string {
    return `set_channel_merkle_root(channel ${channel}, epoch ${epoch}, root ${root}) paid by ${payer}`;
  }
}

function encodeWire(roots: readonly RootToSettle[], terms: TransactionTerms, signature: string): Uint8Array {
  const body: Body = {
    signer: PUBLISHER,
    roots: roots.map(({ channel, epoch, root }) => ({ channel, epoch: epoch.toString(), root })),
    lastValidBlockHeight: Number(terms.blockhash),
    signature,
    priorityFee: terms.priorityFee,
    form: terms.form,
  };
  return Buffer.from(JSON.stringify(body));
}
