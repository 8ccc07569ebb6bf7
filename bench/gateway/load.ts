/** Requests over kept connections, each sent when the answer before is there: what an HTTP library costs is not measured. */

import { connect, type Socket } from 'node:net';

export interface LoadPlan {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Whole requests, taken in turn. */
  readonly requests: readonly string[];
  /** The status that each answer must have. */
  readonly status: number;
  /** What an answer with an error holds. */
  readonly refusal?: string;
}

export interface LoadResult {
  /** Good answers a second. */
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  /** The first answer that was not good. */
  readonly refused?: string;
}

/** Seconds before the clock starts. */
const WARM_UP_SECONDS = 2;

export async function load(plan: LoadPlan): Promise<LoadResult> {
  const times: number[] = [];
  let errors = 0;
  let refused: string | undefined;
  let next = 0;
  const beginMs = performance.now() + WARM_UP_SECONDS * 1000;
  const endMs = beginMs + plan.seconds * 1000;
  const run = async (): Promise<void> => {
    const client = await HttpSocket.open(plan.port);
    while (performance.now() < endMs) {
      const sentMs = performance.now();
      const answer = await client.ask(plan.requests[next++ % plan.requests.length] as string);
      const gotMs = performance.now();
      const isGood =
        answer.status === plan.status && (plan.refusal === undefined || !answer.body.includes(plan.refusal));
      if (!isGood) {
        errors += 1;
        refused ??= `${answer.status} ${answer.body.toString().slice(0, 300)}`;
      }
      if (isGood && sentMs >= beginMs && gotMs <= endMs) times.push(gotMs - sentMs);
    }
    client.close();
  };
  await Promise.all(Array.from({ length: plan.connections }, run));
  times.sort((a, b) => a - b);
  const at = (share: number): number => Math.round((times[Math.floor(share * (times.length - 1))] ?? 0) * 10) / 10;
  return {
    rps: Math.round(times.length / plan.seconds),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    errors,
    ...(refused && { refused }),
  };
}

interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

class HttpSocket {
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #answered: PromiseWithResolvers<HttpAnswer> | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (data) => this.#take(data));
    socket.on('close', () => this.#answered?.reject(new Error('the server closed the connection')));
    socket.on('error', (error) => this.#answered?.reject(error));
  }

  static open(port: number): Promise<HttpSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new HttpSocket(socket)));
      socket.once('error', reject);
    });
  }

  ask(request: string): Promise<HttpAnswer> {
    this.#answered = Promise.withResolvers();
    this.#socket.write(request);
    return this.#answered.promise;
  }

  close(): void {
    this.#answered = undefined;
    this.#socket.destroy();
  }

  #take(data: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? data : Buffer.concat([this.#bytes, data]);
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = this.#bytes.toString('latin1', 0, end);
    const status = Number(head.slice(9, 12));
    const length = status === 304 ? 0 : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (Number.isNaN(length)) {
      this.#answered?.reject(new Error(`an answer without its length:\n${head}`));
      return;
    }
    const whole = end + 4 + length;
    if (this.#bytes.length < whole) return;
    const body = this.#bytes.subarray(end + 4, whole);
    this.#bytes = this.#bytes.subarray(whole);
    this.#answered?.resolve({ status, body });
  }
}

export function post(path: string, body: object): string {
  const text = JSON.stringify(body);
  return `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\naccept: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

export function get(path: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\nhost: x\r\naccept: application/json\r\n${lines.join('')}\r\n`;
}
