/** Asks every part of a platform how far it is; one that does not answer keeps none of the others from being shown. */

import type { GatewayClient } from '@attention-oracle/sdk/graphql';
import { messageOf } from '../../runtime/errors.ts';
import { groupLags } from '../../runtime/kafka/group-lags.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import type { KafkaSession } from '../kafka/session.ts';
import type { EpochStatus, Known, Proven, RootStatusRow, StatusSnapshot } from './screen.ts';

export interface StatusParts {
  readonly gatewayUrl: string;
  readonly client: GatewayClient;
  /** Opens Kafka, or gives what is open. @throws AppError */
  kafka(): Promise<KafkaSession>;
  /** RPC endpoint of the chain; undefined where none is set. */
  readonly rpcUrl: string | undefined;
}

const EPOCHS = 4;
const ROOTS = 12;
const TIMEOUT_MS = 3000;

export async function takeSnapshot(parts: StatusParts, nowMs: number): Promise<StatusSnapshot> {
  const { client, gatewayUrl, rpcUrl } = parts;
  const [health, ownLag, ownSlot, pipeline, roots] = await Promise.all([
    asked(() => gatewayHealth(gatewayUrl)),
    asked(() => lagOfGroups(parts)),
    rpcUrl === undefined ? { unknown: 'ANCHOR_PROVIDER_URL is not set' } : asked(() => finalSlot(rpcUrl)),
    asked(() => client.pipeline()),
    asked(() => newestRoots(client)),
  ]);
  const proven: Known<Proven> = 'unknown' in pipeline ? pipeline : { value: provenOf(pipeline.value, nowMs) };
  const told = 'unknown' in pipeline ? undefined : pipeline.value.pipeline;
  // The gateway compares what was asked for at one time; what it does not know may be asked from here.
  const chainSlot = told?.chainSlot == null ? ownSlot : { value: Number(told.chainSlot) };
  const toldLag = lagOfRoles(told?.roles);
  const lag = 'unknown' in ownLag && toldLag !== undefined ? { value: toldLag } : ownLag;
  const epochs: Known<EpochStatus[]> = 'unknown' in roots ? roots : await asked(() => epochsOf(client, roots.value));
  return { at: new Date(nowMs).toISOString(), health, lag, chainSlot, proven, epochs, roots };
}

async function asked<T>(ask: () => Promise<T>): Promise<Known<T>> {
  try {
    return { value: await ask() };
  } catch (error) {
    return { unknown: messageOf(error) };
  }
}

async function gatewayHealth(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(new URL('/health', url), { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
    (cause: unknown) => {
      throw new Error(`the gateway does not answer at ${url}: ${messageOf(cause)}`, { cause });
    },
  );
  return (await response.json()) as Record<string, unknown>;
}

async function lagOfGroups({ kafka }: StatusParts): Promise<Record<string, number>> {
  const { admin, settings } = await kafka();
  const lag: Record<string, number> = {};
  for (const row of await groupLags(admin, Object.values(topicNames(settings)), settings.KAFKA_NAMESPACE))
    lag[row.group] = (lag[row.group] ?? 0) + Number(row.lag);
  return lag;
}

async function finalSlot(url: string): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getSlot', params: [{ commitment: 'finalized' }] }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { result } = (await response.json()) as { result?: unknown };
  if (typeof result !== 'number') throw new Error(`the chain gives no slot (status ${response.status})`);
  return result;
}

type Pipeline = Awaited<ReturnType<GatewayClient['pipeline']>>;

function provenOf({ pipeline, gaps }: Pipeline, nowMs: number): Proven {
  const { provenSlot, provenAt, lagMs, slotsBehind } = pipeline;
  const ownAgoMs = provenAt === null ? null : Math.max(0, nowMs - Date.parse(provenAt));
  return {
    slot: provenSlot === null ? null : Number(provenSlot),
    agoMs: lagMs === null ? ownAgoMs : Number(lagMs),
    gaps: gaps.map(({ fromSlot, toSlot }) => ({ fromSlot, toSlot })),
    slotsBehind: slotsBehind === null ? null : Number(slotsBehind),
  };
}

/** @returns undefined where one of them is unknown, for a sum without it would be too low; and where the gateway names none. */
function lagOfRoles(roles: Pipeline['pipeline']['roles'] | undefined): Record<string, number> | undefined {
  const lag: Record<string, number> = {};
  for (const { group, recordsBehind } of roles ?? []) {
    if (recordsBehind === null) return undefined;
    lag[group] = (lag[group] ?? 0) + Number(recordsBehind);
  }
  return Object.keys(lag).length === 0 ? undefined : lag;
}

async function newestRoots(client: GatewayClient): Promise<RootStatusRow[]> {
  const { roots } = await client.roots({ first: ROOTS });
  return roots.edges.map(({ node: { channel, epoch, root, count, settlement } }) => ({
    ...{ channel, epoch, root, count },
    settlement,
  }));
}

/** The epochs of those roots, and the one after them, which may be open. */
async function epochsOf(client: GatewayClient, roots: readonly RootStatusRow[]): Promise<EpochStatus[]> {
  const [newest] = roots;
  const numbers = [...new Set(roots.map(({ epoch }) => epoch))].slice(0, EPOCHS - 1);
  if (newest !== undefined) numbers.unshift(String(BigInt(newest.epoch) + 1n));
  const found = await Promise.all(numbers.map(async (epoch) => (await client.epoch({ epoch })).epoch));
  return found.flatMap((epoch) =>
    epoch === null
      ? []
      : [
          {
            ...{ epoch: epoch.epoch, startSlot: epoch.startSlot, endSlot: epoch.endSlot },
            ...{ finalized: epoch.finalizedAt !== null, complete: epoch.complete, holes: epoch.holes },
          },
        ],
  );
}
