/** A client of GraphQL over Server-Sent Events that shows every message, every comment, and that the stream ended. */

export interface StreamMessage {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: { readonly data?: Record<string, unknown> | null; readonly errors?: readonly unknown[] } | undefined;
}

export class EventReader {
  readonly status: number;
  readonly messages: StreamMessage[] = [];
  /** Without signs of life. */
  readonly comments: string[] = [];
  /** Resolves when the gateway has ended the stream. */
  readonly ended: Promise<void>;
  readonly #abort: AbortController;
  #changed = Promise.withResolvers<void>();
  #isOver = false;

  private constructor(response: Response, abort: AbortController) {
    this.status = response.status;
    this.#abort = abort;
    this.ended = this.#read(response).then(() => {
      this.#isOver = true;
      this.#changed.resolve();
    });
  }

  static async open(url: string, body: unknown, headers: Record<string, string> = {}): Promise<EventReader> {
    const abort = new AbortController();
    const response = await fetch(`${url}/graphql/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
      body: JSON.stringify(body),
      signal: abort.signal,
    });
    return new EventReader(response, abort);
  }

  /** Waits, without looking at the clock. @throws Error when the stream ends first. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#isOver) throw new Error(`the stream ended before that: ${this.comments.join()}`);
      await this.#changed.promise;
    }
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(response: Response): Promise<void> {
    let text = '';
    try {
      for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
        const parts = (text + chunk).split('\n\n');
        text = parts.pop() ?? '';
        for (const part of parts) this.#take(part);
        this.#changed.resolve();
        this.#changed = Promise.withResolvers();
      }
    } catch {
      // Cut, by either side.
    }
  }

  #take(part: string): void {
    const lines = part.split('\n').map((line): [string, string] => {
      const at = line.indexOf(':');
      return [line.slice(0, at), line.slice(at + 1).trim()];
    });
    const field = (name: string): string | undefined => lines.find(([key]) => key === name)?.[1];
    const comment = field('');
    if (comment !== undefined && comment !== '') this.comments.push(comment);
    const event = field('event');
    if (event === undefined) return;
    const data = field('data') ?? '';
    this.messages.push({ event, id: field('id'), data: data === '' ? undefined : (JSON.parse(data) as object) });
  }
}
