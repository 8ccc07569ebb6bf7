/**
 * The endpoints of ANCHOR_PROVIDER_URL that show that they are of the chain whose rows the database holds. What another chain says of a
 * channel is no answer.
 */

import { z } from 'zod';
import { redactUrl } from '../../../runtime/config.ts';
import { AppError, messageOf } from '../../../runtime/errors.ts';
import { askEndpoints } from './ask-endpoints.ts';

const hashShape = z.object({ result: z.string() });
const TIMEOUT_MS = 2000;
/** An endpoint that was not of the chain, or did not say, is asked again so soon. */
const AGAIN_MS = 10_000;

export interface AdmittedEndpointsOptions {
  readonly endpoints: readonly string[];
  /** Genesis hash of the chain of the rows; null while nobody can say it. */
  readonly genesisHash: () => Promise<string | null>;
}

export class AdmittedEndpoints {
  readonly #options: AdmittedEndpointsOptions;
  readonly #admitted = new Set<string>();
  readonly #refused = new Map<string, { readonly reason: string; readonly atMs: number }>();
  #expected: string | undefined;

  constructor(options: AdmittedEndpointsOptions) {
    this.#options = options;
  }

  /**
   * In the order in which they are configured. While nobody has said which chain the rows are of, all.
   * @throws AppError CHAIN_DIFFERS when none is of the chain.
   */
  async list(): Promise<readonly string[]> {
    const { endpoints, genesisHash } = this.#options;
    this.#expected ??= (await genesisHash()) ?? undefined;
    const expected = this.#expected;
    if (expected === undefined) return endpoints;
    await Promise.all(endpoints.map((endpoint) => this.#judge(endpoint, expected)));
    const admitted = endpoints.filter((endpoint) => this.#admitted.has(endpoint));
    if (admitted.length > 0) return admitted;
    const reasons = [...this.#refused].map(([endpoint, { reason }]) => `${redactUrl(endpoint)} ${reason}`).join('; ');
    throw new AppError(
      'CHAIN_DIFFERS',
      `No endpoint of ANCHOR_PROVIDER_URL is shown to be of the chain with genesis ${expected}, which the rows are of: ${reasons}.`,
      { retryable: true },
    );
  }

  async #judge(endpoint: string, expected: string): Promise<void> {
    if (this.#admitted.has(endpoint)) return;
    const refused = this.#refused.get(endpoint);
    if (refused !== undefined && Date.now() - refused.atMs < AGAIN_MS) return;
    const refuse = (reason: string): void => void this.#refused.set(endpoint, { reason, atMs: Date.now() });
    try {
      const read = (answer: unknown): string => hashShape.parse(answer).result;
      const hash = await askEndpoints([endpoint], { method: 'getGenesisHash', params: [], read }, TIMEOUT_MS);
      if (hash !== expected) return refuse(`is of the chain with genesis ${hash}`);
      this.#admitted.add(endpoint);
      this.#refused.delete(endpoint);
    } catch (error) {
      refuse(`does not say which chain it is of (${messageOf(error)})`);
    }
  }
}
