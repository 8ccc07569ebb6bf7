/** Clients of a gateway that may be away at any time: what they were answered, and when. */

import { EventReader } from '../../graphql/testing/event-reader.ts';
import type { RecordedOf } from './history.ts';
import { rootNumber, rootOf, versionOf } from './sink.ts';

export const nowMs = (): number => performance.now();

interface SettlementAnswer {
  readonly data?: { readonly settlement?: { readonly signature?: string | null } | null } | null;
  readonly errors?: readonly unknown[];
  readonly extensions?: { readonly ao?: { readonly stale?: boolean } };
}

const SETTLEMENT = `query ($channel: String!, $epoch: U64!, $minSlot: U64) {
  settlement(channel: $channel, epoch: $epoch, minSlot: $minSlot) { signature } }`;

/** What a client wants to see at least. */
export interface Seen {
  readonly version: number;
  readonly slot: number;
}

/**
 * Reads a root's version.
 * @returns undefined where there was no answer, or a refusal: then nothing has happened
 */
export async function read(url: string, root: number, atLeast: Seen | undefined): Promise<RecordedOf | undefined> {
  const { channel, epoch } = rootOf(root);
  const variables = { channel, epoch: String(epoch), minSlot: atLeast?.slot.toString() ?? null };
  const calledMs = nowMs();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: SETTLEMENT, variables }),
  });
  const { data, errors, extensions } = (await response.json()) as SettlementAnswer;
  const answeredMs = nowMs();
  if (errors !== undefined || data?.settlement == null) return undefined;
  const kind = extensions?.ao?.stale === true ? 'remembered' : 'read';
  const action = { kind, version: versionOf(data.settlement.signature), atLeast: atLeast?.version ?? 0 } as const;
  return { root, calledMs, answeredMs, action };
}

/** The same by REST, which knows no slot to wait for. */
export async function readByRest(url: string, root: number): Promise<RecordedOf | undefined> {
  const { channel, epoch } = rootOf(root);
  const calledMs = nowMs();
  const response = await fetch(`${url}/api/v1/epochs/${epoch}/channels/${channel}`);
  const { tx_signature: signature } = (await response.json()) as { tx_signature?: string | null };
  const answeredMs = nowMs();
  if (response.status !== 200) return undefined;
  const kind = response.headers.get('x-ao-stale') === 'true' ? 'remembered' : 'read';
  return { root, calledMs, answeredMs, action: { kind, version: versionOf(signature), atLeast: 0 } };
}

const UPDATES = `subscription ($after: String) { settlementUpdated(after: $after) { channel attempt cursor } }`;

/** Follows all settlements from the beginning, through whatever happens to the gateway. */
export class Follower {
  readonly told = new Map<number, number[]>();
  readonly operations: RecordedOf[] = [];
  #cursor = 'beginning';
  #isOver = false;
  #reader: EventReader | undefined;

  get items(): number {
    return this.operations.length;
  }

  /** Runs until `stop`. */
  async run(url: () => string): Promise<void> {
    while (!this.#isOver) {
      try {
        const asked = { query: UPDATES, variables: { after: this.#cursor } };
        const reader = await EventReader.open(url(), asked);
        this.#reader = reader;
        let taken = 0;
        const take = (): void => {
          for (const { data } of reader.messages.slice(taken)) this.#take(data?.data);
          taken = reader.messages.length;
        };
        // Looks at every message; ends with the stream.
        await reader.until(() => {
          take();
          return this.#isOver;
        });
        reader.close();
      } catch {
        // The gateway is away, or the stream was cut: it goes on after the last item.
      }
    }
  }

  stop(): void {
    this.#isOver = true;
    this.#reader?.close();
  }

  #take(data: Record<string, unknown> | null | undefined): void {
    const item = data?.['settlementUpdated'] as { channel: string; attempt: number; cursor: string } | undefined;
    if (item === undefined) return;
    const root = rootNumber(item.channel);
    const atMs = nowMs();
    this.operations.push({
      root,
      calledMs: atMs,
      answeredMs: atMs,
      action: { kind: 'told', version: item.attempt },
    });
    this.told.set(root, [...(this.told.get(root) ?? []), item.attempt]);
    this.#cursor = item.cursor;
  }
}
