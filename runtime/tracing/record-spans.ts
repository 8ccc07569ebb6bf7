/** Spans of records on their way through Kafka, by OpenTelemetry's messaging conventions. Headers only: no value changes. */

import {
  type Attributes,
  type Context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import type { KafkaRecord, OutgoingRecord } from '../kafka/records.ts';
import { eventIdentity, type SpanIdentity } from './identities.ts';
import { below, contextOf, isTraced, startSpan } from './tracer.ts';

/** What a record is about. */
export interface Subject {
  readonly identity: SpanIdentity;
  /** Told once, by who makes the thing itself: its own span. Left out by who only tells of it. */
  readonly made?: {
    readonly name: string;
    /** Milliseconds since the Unix epoch. */
    readonly sinceMs: number;
    /** Events that it is made of. */
    readonly eventIds?: readonly string[];
  };
  readonly attributes: Attributes;
}

/** The spans of the records of one write. */
export class SendSpans {
  readonly #open: Span[] = [];

  /** The record with the header that names its span; as it is where traces are not wanted. @param subjectOf Asked only if they are. */
  add(record: OutgoingRecord, subjectOf: () => Subject): OutgoingRecord {
    if (!isTraced()) return record;
    const { identity, made, attributes } = subjectOf();
    if (made !== undefined) {
      const links = (made.eventIds ?? []).map((eventId) => ({ context: contextOf(eventIdentity(eventId)) }));
      this.#begin(made.name, identity, { attributes, links, startTime: new Date(made.sinceMs) });
    }
    const span = this.#begin(`send ${record.topic}`, below(identity), {
      kind: SpanKind.PRODUCER,
      attributes: { ...attributes, ...messaging('send', record.topic, record.key) },
    });
    return span === undefined ? record : { ...record, headers: { ...record.headers, ...carried(span) } };
  }

  /** The brokers have the records. */
  sent(): void {
    for (const span of this.#open.splice(0)) span.end();
  }

  /** The write failed, or nobody knows: what comes of it is told by the next one. */
  failed(error: unknown): void {
    for (const span of this.#open.splice(0)) {
      span.recordException(error instanceof Error ? error : String(error));
      span.end();
    }
  }

  #begin(name: string, at: Context | SpanIdentity, options: Parameters<typeof startSpan>[2]): Span | undefined {
    const span = startSpan(name, at, options);
    if (span !== undefined) this.#open.push(span);
    return span;
  }
}

/** Tells that records were processed, each in the trace that its header names. @param sinceMs Milliseconds since the Unix epoch. */
export function processed(topic: string, partition: number, records: readonly KafkaRecord[], sinceMs: number): void {
  if (!isTraced()) return;
  for (const record of records) {
    if (record.headers?.['traceparent'] === undefined) continue;
    const attributes = {
      ...messaging('process', topic, record.key),
      'messaging.destination.partition.id': String(partition),
      'messaging.kafka.offset': Number(record.offset),
    };
    const span = startSpan(`process ${topic}`, extracted(record), {
      kind: SpanKind.CONSUMER,
      attributes,
      startTime: new Date(sinceMs),
    });
    span?.end();
  }
}

/** A span of something that is over. @param sinceMs Milliseconds since the Unix epoch. */
export function told(name: string, identityOf: () => SpanIdentity, sinceMs: number, attributes: Attributes): void {
  if (!isTraced()) return;
  startSpan(name, below(identityOf()), { attributes, startTime: new Date(sinceMs) })?.end();
}

function messaging(operation: 'send' | 'process', topic: string, key: string | Buffer | null): Attributes {
  return {
    'messaging.system': 'kafka',
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'messaging.destination.name': topic,
    ...(key === null ? {} : { 'messaging.kafka.message.key': key.toString() }),
  };
}

function carried(span: Span): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagation.inject(trace.setSpan(ROOT_CONTEXT, span), carrier);
  return carrier;
}

function extracted({ headers }: KafkaRecord): Context {
  const carrier = Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [
      name,
      Array.isArray(value) ? String(value[0]) : String(value),
    ]),
  );
  return propagation.extract(ROOT_CONTEXT, carrier);
}
