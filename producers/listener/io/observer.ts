/** What the core tells, as log lines and metrics. */

import { codeOf, messageOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/logging.ts';
import type { StreamEvent } from '../../../schemas/records.ts';
import type { EventOutcome, GapKind, Observer, WriteTiming } from '../core/ports.ts';
import type { NdjsonLog } from './emission/ndjson-log.ts';
import type { ListenerMetrics } from './listener-metrics.ts';
import type { ThrottledLog } from './throttled-log.ts';

const MOST_OPEN_GAPS = 10_000;

export interface ObserverParts {
  readonly log: Logger;
  readonly throttled: ThrottledLog;
  readonly metrics: ListenerMetrics;
  readonly ndjson: NdjsonLog | undefined;
  /** The subscription was up and did not tell of a transaction. */
  onMissedByLive?(): void;
  /** Something holds the watermark. */
  onBlocked?(error: unknown): void;
}

export class LoggingObserver implements Observer {
  readonly #parts: ObserverParts;
  /** Signatures of gaps that were found and not yet filled. */
  readonly #openGaps = new Set<string>();

  constructor(parts: ObserverParts) {
    this.#parts = parts;
  }

  eventsWritten(events: readonly StreamEvent[], outcome: EventOutcome, timing: WriteTiming): void {
    const { metrics, ndjson } = this.#parts;
    for (const event of events) {
      const state = event.succeeded ? outcome : 'failed_on_chain';
      metrics.events.inc({ action: event.instruction.action, outcome: state });
      ndjson?.write(event);
    }
    const blockTime = events[0]?.tx.blockTime ?? null;
    if (outcome === 'live' && blockTime !== null) metrics.eventLatencyMs.observe(Date.now() - blockTime * 1000);
    if (timing.noticedAtMs !== undefined) {
      metrics.notificationLatencyMs.observe(timing.acknowledgedAtMs - timing.noticedAtMs);
    }
    if (outcome === 'reconciled' && this.#openGaps.delete(events[0]?.signature ?? '')) metrics.gapsRepaired.inc();
  }

  retracted(signature: string, slot: number): void {
    this.#parts.metrics.retractions.inc();
    this.#parts.log.warn({ signature, slot }, 'taken back: confirmed, then not kept by finality');
  }

  gap(kind: GapKind, signature: string, slot: number): void {
    const { metrics, log, throttled } = this.#parts;
    metrics.gaps.inc({ kind });
    if (this.#openGaps.size < MOST_OPEN_GAPS) this.#openGaps.add(signature);
    if (kind === 'missed-by-live') this.#parts.onMissedByLive?.();
    if (kind === 'below-watermark') {
      log.error({ signature, slot, code: 'WATERMARK_WRONG' }, 'a signature appeared below a watermark');
    } else throttled.write('warn', `gap ${kind}`, { kind, signature, slot }, 'gap found');
  }

  deadLettered(signature: string, slot: number, error: unknown): void {
    const code = codeOf(error);
    this.#parts.metrics.deadLetters.inc({ code });
    this.#parts.log.error({ signature, slot, code, err: error }, 'cannot be decoded: written to the dead letters');
  }

  watermarkWritten(slot: number, blockTime: number): void {
    this.#parts.metrics.watermarkSlot.set(slot);
    this.#parts.log.debug({ slot, blockTime }, 'watermark');
  }

  blocked(slot: number | undefined, error: unknown): void {
    const code = codeOf(error);
    this.#parts.onBlocked?.(error);
    this.#parts.metrics.blockedRounds.inc({ code });
    const level = (error as { retryable?: unknown }).retryable === true ? 'warn' : 'error';
    this.#parts.throttled.write(level, `blocked ${code}`, { slot, code, err: error }, 'the watermark is held');
  }

  liveDropped(reason: 'queue-full' | 'not-found' | 'failed', signature: string, slot: number): void {
    const { metrics, throttled } = this.#parts;
    metrics.liveDropped.inc({ reason });
    throttled.write('warn', `dropped ${reason}`, { reason, signature, slot }, 'left to the reconciling path');
  }

  wrongAnswer(endpoint: string, signature: string | undefined, error: unknown): void {
    const { metrics, throttled } = this.#parts;
    const code = codeOf(error);
    metrics.wrongAnswers.inc({ endpoint, code });
    const fields = { endpoint, signature, code, reason: messageOf(error) };
    throttled.write(
      'error',
      `wrong ${endpoint} ${code}`,
      fields,
      'an endpoint answers wrongly; another one is believed',
    );
  }

  contentDiffers(signature: string, slot: number): void {
    const { metrics, log } = this.#parts;
    metrics.contentDifferences.inc();
    log.error({ signature, slot, code: 'CONTENT_DIFFERS' }, 'live and finalised content differ: corrected');
  }
}
