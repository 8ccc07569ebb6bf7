/** Requests to the schema registry: bounded in time, whatever it does with a connection. */

/** A registry that has not answered by then counts as one that does not answer. */
export const REGISTRY_TIMEOUT_MS = 5000;

export interface RegistryAnswer {
  readonly status: number;
  readonly text: string;
}

/** A registry's address without its credentials, and the header that carries them. */
export function registryAddress(registryUrl: string): { base: string; headers: Record<string, string> } {
  const url = new URL(registryUrl);
  const headers: Record<string, string> = { accept: 'application/vnd.schemaregistry.v1+json, application/json' };
  if (url.username !== '') {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`;
  }
  url.username = '';
  url.password = '';
  return { base: url.toString().replace(/\/$/, ''), headers };
}

/** Whether the registry, or what stands before it, wants other credentials than it was given. */
export function isDenied(status: unknown): boolean {
  return status === 401 || status === 403;
}

/** An answer that says so. */
export class RegistryDenied extends Error {
  override readonly name = 'RegistryDenied';
  readonly status: number;

  constructor({ status, text }: RegistryAnswer) {
    super(`status ${status}, ${text.slice(0, 200) || 'nothing'}`);
    this.status = status;
  }
}

/** @param path Below the registry's address, from its slash on. @throws RegistryDenied; what fetch throws, TimeoutError among it. */
export async function askRegistry(
  registryUrl: string,
  path: string,
  put?: Readonly<Record<string, unknown>>,
): Promise<RegistryAnswer> {
  const { base, headers } = registryAddress(registryUrl);
  const response = await fetch(base + path, {
    headers: { ...headers, ...(put === undefined ? {} : { 'content-type': 'application/vnd.schemaregistry.v1+json' }) },
    ...(put === undefined ? {} : { method: 'PUT', body: JSON.stringify(put) }),
    signal: AbortSignal.timeout(REGISTRY_TIMEOUT_MS),
  });
  const answer = { status: response.status, text: await response.text() };
  if (isDenied(answer.status)) throw new RegistryDenied(answer);
  return answer;
}
