/** Tracing of a process: off unless an endpoint is set. */

import type { TracingSettings } from './sdk.ts';

/** Starts tracing where the settings ask for it. @returns what sends the last spans and ends it. */
export async function startTracing(role: string, settings: TracingSettings): Promise<() => Promise<void>> {
  const endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return () => Promise.resolve();
  const { startSdk } = await import('./sdk.ts');
  return startSdk(role, endpoint, settings);
}
