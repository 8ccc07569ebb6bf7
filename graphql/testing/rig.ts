/** A gateway for a test: a schema of its own, the database behind a relay, and what clients do. */

import pino from 'pino';
import WebSocket from 'ws';
import { z } from 'zod';
import { type Environment, kafkaConfig, loadConfig, postgresConfig } from '../../runtime/config.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { connectProducer, type RecordProducer } from '../../runtime/kafka/producer.ts';
import type { OutgoingRecord } from '../../runtime/kafka/records.ts';
import { ensureTopics, type TopicNames } from '../../runtime/kafka/topics.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../../runtime/postgres/pool.ts';
import { retry } from '../../runtime/retry.ts';
import { type StartedRole, startRole } from '../../runtime/role.ts';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { role } from '../main.ts';
import { startRelay, type TcpRelay } from './tcp-relay.ts';

/** Of GraphQL where it has data or errors; else of REST. */
export type Body<Data> = Readonly<Record<string, unknown>> & {
  readonly data?: Data;
  readonly errors?: readonly ToldError[];
};

export interface ToldError {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

export interface Answer<Data = Readonly<Record<string, unknown>>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body<Data>;
}

/** Topics and tables without a gateway yet. */
export class GatewayRig {
  readonly env: Environment;
  readonly pool: Pool;
  /** Between the gateway and the database. */
  readonly database: TcpRelay;
  readonly topics: TopicNames;
  readonly codec: RecordCodec;
  readonly #producer: RecordProducer;
  readonly #started: StartedRole[] = [];

  private constructor(
    env: Environment,
    pool: Pool,
    database: TcpRelay,
    topics: TopicNames,
    codec: RecordCodec,
    producer: RecordProducer,
  ) {
    this.env = env;
    this.pool = pool;
    this.database = database;
    this.topics = topics;
    this.codec = codec;
    this.#producer = producer;
  }

  static async create(variables: Environment = {}): Promise<GatewayRig> {
    const stack = testStack();
    const url = new URL(stack.databaseUrl);
    const database = await startRelay(url.hostname, Number(url.port));
    const name = uniqueName('gateway');
    const settings = loadConfig(z.object(postgresConfig), { DATABASE_URL: stack.databaseUrl, DATABASE_SCHEMA: name });
    const pool = createPool(settings, 'test', silentLogger());
    await migrate(pool, name, silentLogger());
    url.port = String(database.port);
    const env = {
      KAFKA_BROKERS: stack.kafkaBrokers.join(','),
      SCHEMA_REGISTRY_URL: stack.registryUrl,
      KAFKA_NAMESPACE: `${name}.`,
      KAFKA_PARTITIONS: '3',
      DATABASE_URL: url.toString(),
      DATABASE_SCHEMA: name,
      GATEWAY_PORT: '0',
      METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
      ...variables,
    };
    const kafka = loadConfig(z.object(kafkaConfig), { ...env, KAFKA_BROKERS: stack.kafkaBrokers.join(',') });
    const library = createKafka(kafka, 'test', silentLogger());
    const topics = await retry(() => ensureTopics(library, kafka), {
      signal: AbortSignal.timeout(60_000),
      onFailure: () => undefined,
    });
    const codec = await RecordCodec.connect({ ...kafka, SCHEMA_REGISTRY_URL: stack.registryUrl });
    return new GatewayRig(env, pool, database, topics, codec, await connectProducer(library));
  }

  async start(variables: Environment = {}): Promise<RunningGateway> {
    const lines: LogLine[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line) as LogLine) });
    const started = await startRole(role, { ...this.env, ...variables }, log);
    this.#started.push(started);
    return new RunningGateway(started, lines);
  }

  async send(...records: OutgoingRecord[]): Promise<void> {
    await this.#producer.send(records);
  }

  async stop(): Promise<void> {
    for (const started of this.#started) await started.stop();
    await this.#producer.disconnect();
    await this.pool.end();
    await this.database.close();
  }
}

/** A line of the log, warnings and worse. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
}

export class RunningGateway {
  readonly role: StartedRole;
  readonly url: string;
  readonly log: readonly LogLine[];

  constructor(started: StartedRole, log: readonly LogLine[]) {
    this.role = started;
    this.log = log;
    this.url = String(started.describe['gateway']);
  }

  get wsUrl(): string {
    return `${this.url.replace('http', 'ws')}/graphql`;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return answerOf(await fetch(this.url + path, { headers }));
  }

  async post<Data>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer<Data>> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: text,
    });
    return answerOf(response);
  }

  ask<Data = Readonly<Record<string, unknown>>>(
    query: string,
    variables: Record<string, unknown> = {},
  ): Promise<Answer<Data>> {
    return this.post<Data>('/graphql', { query, variables });
  }

  async metric(pattern: RegExp): Promise<number> {
    const text = await (await fetch(`${this.role.opsUrl}/metrics`)).text();
    const line = text.split('\n').find((candidate) => !candidate.startsWith('#') && pattern.test(candidate));
    return Number(line?.split(' ').at(-1) ?? Number.NaN);
  }

  connect(headers: Record<string, string> = {}): Promise<TestSocket> {
    return TestSocket.open(this.wsUrl, headers);
  }
}

async function answerOf<Data>(response: Response): Promise<Answer<Data>> {
  return { status: response.status, headers: response.headers, body: (await response.json()) as Body<Data> };
}

/** What a GraphQL answer holds. @throws Error with what it holds instead. */
export function dataOf<Data>({ body }: Answer<Data>): Data {
  if (body.data == null) throw new Error(JSON.stringify(body));
  return body.data;
}

export interface Message {
  readonly type: string;
  readonly id?: string;
  /** Of `next` an answer, of `error` a list. */
  readonly payload?: unknown;
}

/** A client of graphql-transport-ws that shows every message and how the socket ended. */
export class TestSocket {
  readonly messages: Message[] = [];
  readonly socket: WebSocket;
  /** Code and reason. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #changed = Promise.withResolvers<void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      this.messages.push(JSON.parse(data.toString()) as Message);
      this.#tell();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code: number, reason: Buffer) => {
        resolve({ code, reason: reason.toString() });
        this.#tell();
      });
    });
    socket.on('error', () => undefined);
  }

  /** @throws Error of the handshake, for instance `Unexpected server response: 429` */
  static async open(url: string, headers: Record<string, string> = {}, init = true): Promise<TestSocket> {
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
    const opened = new TestSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    if (!init) return opened;
    opened.send({ type: 'connection_init' });
    await opened.until((messages) => messages.some(({ type }) => type === 'connection_ack'));
    return opened;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables: Record<string, unknown> = {}): void {
    this.send({ id, type: 'subscribe', payload: { query, variables } });
  }

  /** The code of the first error that an operation was answered with. */
  codeOf(id: string): string | undefined {
    const [first] = this.of(id);
    return first?.type === 'error' ? (first.payload as ToldError[])[0]?.extensions?.code : undefined;
  }

  of(id: string): Message[] {
    return this.messages.filter((message) => message.id === id);
  }

  /** The answer of a query over this socket. */
  async ask(id: string, query: string, variables: Record<string, unknown> = {}): Promise<Message> {
    this.subscribe(id, query, variables);
    await this.until(() => this.of(id).length > 0);
    return this.of(id)[0] as Message;
  }

  /** Waits, without looking at the clock, until the messages are so. @throws Error when the socket closes first. */
  async until(isSo: (messages: readonly Message[]) => boolean): Promise<void> {
    while (!isSo(this.messages)) {
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error('the socket closed before that');
      await this.#changed.promise;
    }
  }

  close(): void {
    this.socket.close();
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
