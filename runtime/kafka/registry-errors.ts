/**
 * Mends the registry client 4.1.0, which reads a message from an error's body without looking whether there is one: a proxy that
 * answers `null` would end the process by an unhandled rejection, with the request never settled.
 */

import { createRequire } from 'node:module';

interface FailedResponse {
  status(): number;
  data(): unknown;
  error(): Error | null;
}

interface ErrorMiddleware {
  default: () => { response(next: () => Promise<unknown>): Promise<unknown> };
}

class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly status: number;

  constructor(response: FailedResponse) {
    const data = response.data();
    const told = (data as { message?: unknown } | null)?.message;
    const text = typeof told === 'string' ? told : (response.error()?.message ?? JSON.stringify(data));
    super(`status ${response.status()}, ${text.slice(0, 300)}`);
    this.status = response.status();
  }
}

const path = '@kafkajs/confluent-schema-registry/dist/api/middleware/errorMiddleware';
const middleware = createRequire(import.meta.url)(path) as ErrorMiddleware;

middleware.default = () => ({
  response: (next) =>
    next().catch((response: unknown) => {
      throw new RegistryError(response as FailedResponse);
    }),
});
