/** The tracer of the process, where traces are wanted. Loads nothing but the interfaces: `start-tracing.ts` puts the SDK behind them. */

import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { rootIdentity, type SpanIdentity, traceIdOf } from './identities.ts';

export interface InstalledTracer {
  readonly tracer: Tracer;
  /** Whether the spans of a trace are kept: told by its id, the same in every role. */
  keeps(traceId: string): boolean;
  /** The next span begins its trace under this identity. */
  identifyNext(identity: SpanIdentity): void;
}

let installed: InstalledTracer | undefined;

/** @param tracer undefined: spans are made no longer. */
export function install(tracer: InstalledTracer | undefined): void {
  installed = tracer;
}

/** False by default: then no span is made, no header written, and no digest computed. */
export function isTraced(): boolean {
  return installed !== undefined;
}

/** The span context of what an identity names, whoever has made that span. */
export function contextOf({ traceId, spanId }: SpanIdentity): SpanContext {
  const traceFlags = installed?.keeps(traceId) === true ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return { traceId, spanId, traceFlags, isRemote: true };
}

/** Below which the spans of an identity stand. */
export function below(identity: SpanIdentity): Context {
  return trace.setSpanContext(ROOT_CONTEXT, contextOf(identity));
}

/** Begins a span; undefined where traces are not wanted. @param at Where in a trace; an identity: it is that span, and begins the trace. */
export function startSpan(name: string, at: Context | SpanIdentity, options: SpanOptions): Span | undefined {
  if (installed === undefined) return undefined;
  if (!('traceId' in at)) return installed.tracer.startSpan(name, options, at);
  installed.identifyNext(at);
  return installed.tracer.startSpan(name, { ...options, root: true }, ROOT_CONTEXT);
}

/** Notes that what is under way answers with what an identity names. */
export function answersWith(identityOf: () => SpanIdentity): void {
  const span = installed === undefined ? undefined : trace.getActiveSpan();
  if (span?.isRecording() === true) span.addLink({ context: contextOf(identityOf()) });
}

/** Fields that join a log line to a trace: that of the request under way, else of the signature, else of the root it speaks of. */
export function traceFields(line: Readonly<Record<string, unknown>>): Record<string, string> {
  if (installed === undefined) return {};
  const active = trace.getActiveSpan()?.spanContext();
  if (active !== undefined && isSpanContextValid(active)) return { trace_id: active.traceId, span_id: active.spanId };
  const { signature, channel, epoch } = line;
  if (typeof channel === 'string' && typeof epoch === 'string')
    return { trace_id: rootIdentity(channel, epoch).traceId };
  return typeof signature === 'string' ? { trace_id: traceIdOf(signature) } : {};
}
