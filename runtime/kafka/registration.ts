/** Registering the schemas of this release, through the registry's own client library. */

import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { type RecordName, schemaText, TYPE_OPTIONS } from '../../schemas/records.ts';
import { AppError, messageOf } from '../errors.ts';
import { REGISTRY_TIMEOUT_MS, registryAddress } from './registry-request.ts';
import { registryUnavailable } from './schema-source.ts';
import './registry-errors.ts';
import { isUnsettledCompatibility, requireBackward } from './subject-compatibility.ts';

/** Every process of a new deployment may be registering the same subjects at the same time. */
const REGISTER_ATTEMPTS = 10;

type Middlewares = NonNullable<ConstructorParameters<typeof SchemaRegistry>[0]['middlewares']>;

export class Registration {
  readonly #url: string;
  readonly #registry: SchemaRegistry;

  constructor(registryUrl: string) {
    const { base: host, headers } = registryAddress(registryUrl);
    // The library has no time limit of its own.
    const bound: Middlewares[number] = () => ({
      prepareRequest: async (next) =>
        (await next()).enhance({ timeout: REGISTRY_TIMEOUT_MS, headers: credentialsOf(headers) }),
    });
    this.#url = registryUrl;
    this.#registry = new SchemaRegistry(
      { host, retry: { retries: 0 }, middlewares: [bound] },
      { [SchemaType.AVRO]: { ...TYPE_OPTIONS } },
    );
  }

  /**
   * Registers a record's schema with compatibility BACKWARD. Idempotent.
   * @returns its id.
   * @throws AppError SCHEMA_INCOMPATIBLE when the registry refuses it, REGISTRY_UNAVAILABLE (retryable) when it does not answer.
   */
  register(subject: string, record: RecordName): Promise<number> {
    return this.registerText(subject, schemaText(record));
  }

  /** The same for a schema that is none of this release, as JSON text. */
  async registerText(subject: string, schema: string): Promise<number> {
    try {
      return await this.#register(subject, schema);
    } catch (cause) {
      if ((cause as { status?: number } | null)?.status === 409) {
        throw new AppError(
          'SCHEMA_INCOMPATIBLE',
          `The registry refuses ${subject}: the change is not backward compatible. ${messageOf(cause)}`,
          { cause },
        );
      }
      throw registryUnavailable(cause);
    }
  }

  /** The library's register is several requests; another process between them makes it fail although nothing is wrong. */
  async #register(subject: string, schema: string): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { id } = await inTime(
          this.#registry.register(
            { type: SchemaType.AVRO, schema },
            { subject, compatibility: COMPATIBILITY.BACKWARD },
          ),
        );
        if (!Number.isInteger(id)) throw new Error(`registering ${subject} it gives the id ${String(id)}`);
        return id;
      } catch (error) {
        if (attempt === REGISTER_ATTEMPTS || !isUnsettledCompatibility(error)) throw error;
        await requireBackward(this.#url, subject);
      }
    }
  }
}

function credentialsOf({ authorization }: Record<string, string>): Record<string, string> {
  return authorization === undefined ? {} : { authorization };
}

/** An answer that is cut off in its middle ends no request of the library. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const error = new Error(`no answer within ${(3 * REGISTRY_TIMEOUT_MS) / 1000} s`);
  const timer = setTimeout(() => late.reject(error), 3 * REGISTRY_TIMEOUT_MS);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
