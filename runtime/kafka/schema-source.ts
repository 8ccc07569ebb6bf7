/** The schemas of records, from the registry. Anything but a schema is no answer: it is asked again, never guessed. */

import { AppError, messageOf } from '../errors.ts';
import { askRegistry, isDenied, type RegistryAnswer } from './registry-request.ts';

/** A schema as the registry has it. */
export interface RegisteredSchema {
  /** Parsed JSON; undefined where the schema is of another kind than Avro. */
  readonly avro: unknown;
}

/** Of a Confluent-compatible registry, for an id that it does not have. */
const NO_SUCH_SCHEMA = 40403;

/**
 * @throws AppError SCHEMA_UNKNOWN: the registry says that it has no such schema; REGISTRY_UNAVAILABLE: it does not answer, or
 * with something else. Both retryable: what cannot be read now may be a claim.
 */
export async function registeredSchema(registryUrl: string, id: number): Promise<RegisteredSchema> {
  let answer: RegistryAnswer;
  try {
    answer = await askRegistry(registryUrl, `/schemas/ids/${id}`);
  } catch (cause) {
    throw registryUnavailable(cause);
  }
  const body = parsed(answer.text) as { schema?: unknown; schemaType?: unknown; error_code?: unknown } | null;
  if (answer.status === 404 && body?.error_code === NO_SUCH_SCHEMA) throw unknownSchema(id);
  const isAnswer = answer.status === 200 && typeof body?.schema === 'string';
  const kind = body?.schemaType ?? 'AVRO';
  const avro = isAnswer ? parsed(body?.schema as string) : undefined;
  if (!isAnswer || (kind === 'AVRO' && avro === undefined)) {
    const said = `status ${answer.status}, ${answer.text.slice(0, 200) || 'nothing'}`;
    throw registryUnavailable(new Error(`asked for schema ${id} it says: ${said}`));
  }
  return { avro: kind === 'AVRO' ? avro : undefined };
}

/** @param cause With the status of the answer, where there was one. */
export function registryUnavailable(cause: unknown): AppError {
  const told = isDenied((cause as { status?: unknown } | null)?.status)
    ? `The schema registry refuses the credentials of SCHEMA_REGISTRY_URL: ${messageOf(cause)}. Put those that may read and register there, as user:password@ before the host, percent-encoded (SCHEMA_REGISTRY_URL_FILE takes the URL from a file), and start again; until then it is asked again.`
    : `The schema registry does not answer as it should: ${messageOf(cause)}. Bring it back, or correct SCHEMA_REGISTRY_URL; it is asked again until then.`;
  return new AppError('REGISTRY_UNAVAILABLE', told, { retryable: true, cause });
}

function unknownSchema(id: number): AppError {
  return new AppError(
    'SCHEMA_UNKNOWN',
    `The registry has no schema ${id}, by which a record was written. Bring its storage back, or point SCHEMA_REGISTRY_URL to the registry of the writers; where nobody of this platform wrote the record, add the id to FOREIGN_SCHEMA_IDS of every role.`,
    { retryable: true, context: { schemaId: id } },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
