/** A listener's core on a real RPC client, writing into memory, moved round by round: for tests of what it makes of answers. */

import { PROGRAM_ID } from '@attention-oracle/sdk';
import { ListenerState } from '../../producers/listener/core/emission/listener-state.ts';
import { restoreEmissions } from '../../producers/listener/core/emission/restore-emissions.ts';
import { WriteQueue } from '../../producers/listener/core/emission/write-queue.ts';
import { LivePath } from '../../producers/listener/core/live/live-path.ts';
import type { GapKind, Observer } from '../../producers/listener/core/ports.ts';
import { Reconciler, type Round } from '../../producers/listener/core/proof/reconciler.ts';
import { emptyCursor } from '../../producers/listener/core/reading/start-position.ts';
import { wantedAtOnce } from '../../producers/listener/io/reading/gathered-transactions.ts';
import { RpcChainReader } from '../../producers/listener/io/reading/rpc-chain-reader.ts';
import { RpcClient } from '../../producers/listener/io/reading/rpc-client.ts';
import type { AppError } from '../../runtime/errors.ts';
import type { StreamEvent } from '../../schemas/records.ts';
import { SeededRandom } from '../random.ts';
import { FaultCounts } from './fault-plan.ts';
import type { SimulatedClock } from './simulated-clock.ts';
import { SimulatedTopic } from './simulated-topic.ts';

/** RPC requests under way at once. */
const CONCURRENCY = 4;

export interface BenchOptions {
  readonly urls: readonly string[];
  readonly name?: string;
  readonly fromSlot?: number;
  readonly timeoutMs?: number;
  readonly chunkRows?: number;
  readonly compareShare?: number;
  readonly skipFailed?: boolean;
  /** To go on where another one stopped, or beside it. */
  readonly topic?: SimulatedTopic;
}

export interface Noted {
  readonly gaps: { kind: GapKind; signature: string }[];
  readonly blocked: string[];
  readonly retracted: string[];
  readonly dropped: string[];
  readonly differing: string[];
  /** Host and code. */
  readonly wrong: string[];
}

/** A topic whose transactions take no time. */
export function memoryTopic(): SimulatedTopic {
  const clock = { nowMs: () => 0, sleep: async () => undefined } as unknown as SimulatedClock;
  const random = new SeededRandom(1);
  return new SimulatedTopic({ clock, random, counts: new FaultCounts(), failureShare: 0, calmAfterMs: 0 });
}

export class BenchListener {
  readonly topic: SimulatedTopic;
  readonly state = new ListenerState(16);
  readonly noted: Noted = { gaps: [], blocked: [], retracted: [], dropped: [], differing: [], wrong: [] };
  readonly rpc: RpcClient;
  readonly live: LivePath;
  readonly calls: { method: string; error: AppError | undefined; endpoint: string }[] = [];
  readonly #reconciler: Reconciler;

  constructor(options: BenchOptions) {
    const { name: source = 'bench', topic = memoryTopic(), fromSlot = 0 } = options;
    const { signal } = new AbortController();
    this.topic = topic;
    this.rpc = new RpcClient({
      urls: options.urls,
      timeoutMs: options.timeoutMs ?? 2000,
      signal,
      onCall: (call) => this.calls.push(call),
    });
    const chain = new RpcChainReader(this.rpc, PROGRAM_ID, CONCURRENCY);
    const stored = topic.cursor(source);
    const cursor = stored ?? emptyCursor(source, fromSlot, topic.endOffsets(), 0);
    this.state.restore(cursor, restoreEmissions(stored === undefined ? [] : topic.ownRecords(source, cursor)));
    const queue = new WriteQueue({
      log: topic.own(source, signal),
      recover: async () => undefined,
      fenced: () => undefined,
    });
    const clock = { nowMs: () => performance.now(), sleep: async () => undefined };
    const finality = { oneStep: false };
    const ports = {
      chain,
      queue,
      state: this.state,
      clock,
      random: () => 0.5,
      observer: this.#observer(),
      signal,
      finality,
    };
    const identity = {
      source,
      programId: PROGRAM_ID,
      concurrency: CONCURRENCY,
      skipFailed: options.skipFailed === true,
    };
    this.live = new LivePath(ports, { ...identity, queueLimit: 100, pendingLimit: 100 });
    this.#reconciler = new Reconciler(
      { ...ports, wallMs: Date.now, missedByLive: () => false },
      {
        ...identity,
        wantedAtOnce: wantedAtOnce(CONCURRENCY),
        compareShare: options.compareShare ?? 0,
        lastSlot: undefined,
        chunkRows: options.chunkRows ?? 2000,
        retryMs: 1,
      },
    );
  }

  round(): Promise<Round> {
    return this.#reconciler.round();
  }

  /** Rounds until the cursor reaches `slot`, at most `most`; a failed round counts. @returns how many it took. */
  async roundsUntil(slot: number, most = 12): Promise<number> {
    for (let rounds = 1; rounds <= most; rounds += 1) {
      await this.round().catch((error: unknown) => this.noted.blocked.push(codeOf(error)));
      if (this.cursorSlot >= slot) return rounds;
    }
    throw new Error(
      `The cursor stands at ${this.cursorSlot} after ${most} rounds; blocked: ${[...new Set(this.noted.blocked)].join()}`,
    );
  }

  /** Takes a signature up as the subscription does, and waits until it is dealt with. */
  async notice(signature: string, slot: number): Promise<void> {
    this.live.offer({ signature, slot, failed: false });
    await this.live.idle();
  }

  get cursorSlot(): number {
    return this.state.cursor?.slot ?? -1;
  }

  get events(): StreamEvent[] {
    return this.topic.records.flatMap(({ content }) => (content.kind === 'event' ? [content.event] : []));
  }

  get watermarks(): number[] {
    return this.topic.records.flatMap(({ content, partition }) =>
      content.kind === 'watermark' && partition === 0 ? [content.watermark.slot] : [],
    );
  }

  #observer(): Observer {
    const { noted } = this;
    return {
      eventsWritten: () => undefined,
      retracted: (signature) => noted.retracted.push(signature),
      gap: (kind, signature) => noted.gaps.push({ kind, signature }),
      deadLettered: () => undefined,
      watermarkWritten: () => undefined,
      blocked: (_slot, error) => noted.blocked.push(codeOf(error)),
      liveDropped: (reason) => noted.dropped.push(reason),
      contentDiffers: (signature) => noted.differing.push(signature),
      wrongAnswer: (endpoint, _signature, error) => noted.wrong.push(`${endpoint} ${codeOf(error)}`),
    };
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code);
}
