import { AppError, messageOf } from '../../runtime/errors.ts';

/**
 * Makes BACKWARD the default compatibility of a registry that is ours (Apicurio's own default is NONE).
 * AppError STACK_PART_FAILED when it does not take it.
 */
export async function requireBackward(registryUrl: string): Promise<void> {
  const failure = (why: string): AppError =>
    new AppError('STACK_PART_FAILED', `The schema registry does not accept compatibility BACKWARD: ${why}.`);
  let response: Response;
  try {
    response = await fetch(`${registryUrl}/config`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ compatibility: 'BACKWARD' }),
      signal: AbortSignal.timeout(10_000),
    });
  } catch (error) {
    throw failure(messageOf(error));
  }
  const body = await response.text();
  if (!response.ok) throw failure(`status ${response.status}, ${body.slice(0, 200)}`);
}
