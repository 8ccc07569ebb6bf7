/** One delivery by hand, judged and told as the role does. */

import { randomUUID } from 'node:crypto';
import type { TestMessage } from '@attention-oracle/sdk';
import type { z } from 'zod';
import { type AnswerVerdict, judgeAnswer } from '../../domain/answer-verdict.ts';
import { codeOf, messageOf } from '../../runtime/errors.ts';
import type { endpointsConfig } from '../../sinks/webhooks/config.ts';
import { connectionFault } from '../../sinks/webhooks/core/connection-fault.ts';
import type { Endpoint } from '../../sinks/webhooks/core/endpoint.ts';
import { AddressGuard } from '../../sinks/webhooks/io/address-guard.ts';
import { EndpointClient } from '../../sinks/webhooks/io/endpoint-client.ts';
import { printLine } from '../print.ts';

export type EndpointSettings = z.output<z.ZodObject<typeof endpointsConfig>>;

/** Posts messages to an endpoint over the connections that the role would make. */
export class HandDelivery {
  readonly #client: EndpointClient;

  constructor(endpoint: Endpoint, settings: EndpointSettings) {
    const guard = new AddressGuard(settings.WEBHOOKS_PRIVATE_NETWORKS);
    this.#client = new EndpointClient({ endpoint, guard, timeoutMs: settings.WEBHOOKS_TIMEOUT_MS, connections: 1 });
  }

  /** Never throws. `why` says what went wrong where it was not taken. */
  async post(id: string, body: string): Promise<{ kind: AnswerVerdict['kind']; why: string }> {
    try {
      const answer = await this.#client.post(id, body, new AbortController().signal);
      return { kind: judgeAnswer(answer, Date.now()).kind, why: `it answers ${answer.status}` };
    } catch (error) {
      return { kind: connectionFault(codeOf(error)).kind, why: messageOf(error) };
    }
  }

  close(): void {
    this.#client.close();
  }
}

/** Sends a message of type test and says what came of it; status 1 where it was not taken. */
export async function tryEndpoint(endpoint: Endpoint, settings: EndpointSettings): Promise<void> {
  const message: TestMessage = {
    ...{ type: 'test', timestamp: new Date().toISOString(), cursor: '' },
    data: { endpoint: endpoint.id },
  };
  const delivery = new HandDelivery(endpoint, settings);
  const { kind, why } = await delivery.post(`msg_test_${randomUUID()}`, JSON.stringify(message));
  delivery.close();
  printLine(`${endpoint.id}: ${kind}, ${why}`);
  if (kind !== 'taken') process.exitCode = 1;
}
