/** How long the gateway takes for its requests, by route. */

import { Histogram, type Registry } from '@prometheus-io/client';
import type { onResponseHookHandler } from 'fastify';

/** Labels stay few: the route as it was declared, never the path that was asked for. */
export function observeRequests(registry: Registry): onResponseHookHandler {
  const duration = new Histogram({
    name: 'ao_gateway_request_seconds',
    help: 'HTTP requests from their arrival to the last byte of the answer, by route and status',
    labelNames: ['route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return (request, reply, done) => {
    const labels = { route: request.routeOptions.url ?? 'none', status: String(reply.statusCode) };
    duration.observe(labels, reply.elapsedTime / 1000);
    done();
  };
}
