/** The OpenTelemetry SDK behind the tracer. Loaded only where an endpoint is set. */

import { setTimeout as delay } from 'node:timers/promises';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  type IdGenerator,
  ParentBasedSampler,
  RandomIdGenerator,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { z } from 'zod';
import type { tracingConfig } from '../config.ts';
import type { SpanIdentity } from './identities.ts';
import { install } from './tracer.ts';

export type TracingSettings = z.output<z.ZodObject<typeof tracingConfig>>;

/** Spans that wait for the collector; more are dropped, never what they tell of. */
const MAX_WAITING_SPANS = 16_384;
const EXPORT_INTERVAL_MS = 1000;
const EXPORT_TIMEOUT_MS = 5000;
/** A collector that is away keeps no role from stopping. */
const LAST_SPANS_MS = 1000;

/** Random ids, but for a span that was told which one it is. */
class Identities implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #next: { traceId?: string; spanId?: string } = {};

  identifyNext(identity: SpanIdentity): void {
    this.#next = { ...identity };
  }

  generateTraceId(): string {
    return this.#take('traceId') ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.#take('spanId') ?? this.#random.generateSpanId();
  }

  #take(part: 'traceId' | 'spanId'): string | undefined {
    const id = this.#next[part];
    delete this.#next[part];
    return id;
  }
}

/** @returns what sends the spans that wait, for a second at most, and ends tracing; it throws nothing. */
export function startSdk(role: string, endpoint: string, settings: TracingSettings): () => Promise<void> {
  const ids = new Identities();
  const ratio = new TraceIdRatioBasedSampler(settings.OTEL_TRACES_SAMPLER_ARG);
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    headers: headersOf(settings.OTEL_EXPORTER_OTLP_HEADERS ?? ''),
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new TracerProvider({
    idGenerator: ids,
    sampler: new ParentBasedSampler({ root: ratio }),
    resource: resourceFromAttributes({ 'service.name': `ao-${role}`, 'service.namespace': 'attention-oracle' }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: MAX_WAITING_SPANS,
        scheduledDelayMillis: EXPORT_INTERVAL_MS,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
  const contexts = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(contexts);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  install({
    tracer: provider.getTracer('attention-oracle'),
    keeps: (traceId) => ratio.shouldSample(context.active(), traceId).decision === SamplingDecision.RECORD_AND_SAMPLED,
    identifyNext: (identity) => ids.identifyNext(identity),
  });
  return async () => {
    install(undefined);
    const sent = provider.shutdown().catch(() => undefined);
    await Promise.race([sent, delay(LAST_SPANS_MS, undefined, { ref: false })]);
    trace.disable();
    propagation.disable();
    context.disable();
  };
}

/** `name=value,name=value`, values percent-encoded, as the specification has it. */
function headersOf(text: string): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
    }),
  );
}
