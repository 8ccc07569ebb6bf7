/** The RPC client of a role, with its metrics and its throttled log. */

import { codeOf } from '../../../../runtime/errors.ts';
import type { ListenerMetrics } from '../listener-metrics.ts';
import type { ThrottledLog } from '../throttled-log.ts';
import { RpcClient } from './rpc-client.ts';

export interface ChainClientSettings {
  readonly ANCHOR_PROVIDER_URL: readonly string[];
  readonly RPC_TIMEOUT_MS: number;
}

export function createRpcClient(
  settings: ChainClientSettings,
  metrics: ListenerMetrics | undefined,
  throttled: ThrottledLog,
  signal: AbortSignal,
  onAnswer: () => void = () => undefined,
): RpcClient {
  const client = new RpcClient({
    urls: settings.ANCHOR_PROVIDER_URL,
    timeoutMs: settings.RPC_TIMEOUT_MS,
    signal,
    onCall: ({ endpoint, method, durationMs, error }) => {
      const result = error === undefined ? 'ok' : codeOf(error);
      metrics?.rpcCalls.inc({ endpoint, method, result });
      metrics?.rpcLatencyMs.observe({ endpoint, method }, durationMs);
      if (error === undefined) onAnswer();
      else if (error.context['rpcCode'] !== -32016) {
        const fields = { endpoint, method, code: result, reason: error.message };
        throttled.write('warn', `rpc ${endpoint} ${result}`, fields, 'an RPC call failed');
      }
    },
  });
  metrics?.watchEndpoints(client.endpoints, (endpoint) => client.health.penaltyMs(endpoint));
  return client;
}
