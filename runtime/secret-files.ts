/** Secrets from files, as orchestrators mount them: NAME_FILE names the file that holds the value of NAME. */

import { readFileSync } from 'node:fs';
import { AppError } from './errors.ts';

/** Variables that are secrets, or URLs that may hold one. Keypairs are files already. */
export const SECRET_VARIABLES = [
  'KAFKA_SASL_USERNAME',
  'KAFKA_SASL_PASSWORD',
  'SCHEMA_REGISTRY_URL',
  'DATABASE_URL',
  'SETTLEMENT_DATABASE_URL',
  'LEGACY_DATABASE_URL',
  'ANCHOR_PROVIDER_URL',
  'ANCHOR_WS_URL',
  'AGGREGATOR_TOKEN',
  'OTEL_EXPORTER_OTLP_HEADERS',
] as const;

/**
 * Puts what the files hold into the environment, without the line break at their end.
 * @throws AppError CONFIG_INVALID where a variable is given twice, or its file cannot be read or is empty.
 */
export function loadSecretFiles(env: Record<string, string | undefined>): void {
  for (const name of SECRET_VARIABLES) {
    const path = env[`${name}_FILE`] ?? '';
    if (path === '') continue;
    if ((env[name] ?? '') !== '')
      throw new AppError('CONFIG_INVALID', `${name} and ${name}_FILE are both set: unset one of them.`);
    env[name] = contentOf(name, path);
  }
}

function contentOf(name: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AppError('CONFIG_INVALID', `${name}_FILE names ${path}, which cannot be read (${code}).`, { cause });
  }
  if (text === '') throw new AppError('CONFIG_INVALID', `${name}_FILE names ${path}, which is empty.`);
  return text;
}
