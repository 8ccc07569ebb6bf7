/**
 * How far the platform is. What cannot be found out is null, never a number. Each part is asked for by itself: where the database is
 * away, what the chain and Kafka tell is told all the same.
 */

import { provenState } from '../core/proven-state.ts';
import type { RoleLag } from '../schema-types.generated.ts';
import type { Known } from './chain/chain-reader.ts';
import type { GatewayContext } from './context.ts';
import {
  type EndpointRecord,
  endpointRecords,
  type StoredPosition,
  storedPositions,
  storedRanges,
} from './store/coverage.ts';

/** Each part is asked for once, by the first field that wants it. */
export interface PipelineView {
  proven(): Promise<ReturnType<typeof provenState>>;
  endpoints(): Promise<EndpointRecord[]>;
  stored(): Promise<StoredPosition[]>;
  chain(): Promise<Known<bigint>>;
  roles(): Promise<Known<Omit<RoleLag, '__typename'>[]>>;
}

export function pipeline({ read, partitions, chainReader, roleLags }: GatewayContext): PipelineView {
  return {
    proven: once(async () => provenState(partitions, await read('coverage', storedRanges))),
    endpoints: once(() => read('endpoints', endpointRecords)),
    stored: once(() => read('positions', storedPositions)),
    chain: once(() => chainReader.slot()),
    roles: once(() => roleLags()),
  };
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}
