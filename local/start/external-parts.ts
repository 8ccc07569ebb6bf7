/** Parts that somebody else runs: looked for at once, so that a wrong address is said before any role waits for it. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '@solana/web3.js';
import pg from 'pg';
import { AppError, codeOf, messageOf } from '../../runtime/errors.ts';
import { KafkaAdmin } from '../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';

const LOOK_TIMEOUT_MS = 3000;
const PAUSE_MS = 1000;
/** Said again so often, that a person sees that it goes on. */
const SAY_AGAIN_MS = 10_000;

export interface ExternalPart {
  /** For messages; no secret in it: "Kafka at broker:9092". */
  readonly name: string;
  /** @throws while it does not answer; an AppError that is not retryable when waiting cannot help. */
  look(): Promise<void>;
}

/** @param kafka Made for one attempt: it is asked again here. */
export function externalKafka(kafka: KafkaClient): ExternalPart {
  return {
    name: `Kafka at ${kafka.settings.KAFKA_BROKERS.join(', ')}`,
    async look() {
      const admin = await KafkaAdmin.connect(kafka);
      await admin.close();
    },
  };
}

/** @param url May hold user and password. */
export function externalRegistry(url: string): ExternalPart {
  const { username, password, host } = new URL(url);
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const address = new URL(url);
  address.username = '';
  address.password = '';
  return {
    name: `the schema registry at ${host}`,
    async look() {
      const response = await fetch(`${address.toString().replace(/\/$/, '')}/subjects`, {
        headers: username === '' ? {} : { authorization: `Basic ${credentials}` },
        signal: AbortSignal.timeout(LOOK_TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (response.status === 401 || response.status === 403)
        throw new AppError(
          'EXTERNAL_PART_REFUSES',
          `The schema registry at ${host} refuses us (status ${response.status}): put user and password into its URL, http://user:password@${host}.`,
        );
      if (!response.ok) throw new Error(`it answers with status ${response.status}`);
    },
  };
}

/** @param rpcUrl May hold a key, which is not said. */
export function externalChain(connection: Connection, rpcUrl: string): ExternalPart {
  return {
    name: `the chain at ${new URL(rpcUrl).host}`,
    async look() {
      await connection.getLatestBlockhash('confirmed');
    },
  };
}

/** SQLSTATEs that only a person can mend: wrong password or user, no such database, no right to connect. */
const REFUSALS = new Set(['28P01', '28000', '3D000', '42501']);

/** @param url May hold user and password. */
export function externalPostgres(url: string): ExternalPart {
  const { host, pathname } = new URL(url);
  return {
    name: `PostgreSQL at ${host}`,
    async look() {
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: LOOK_TIMEOUT_MS });
      client.on('error', () => undefined);
      try {
        await client.connect();
      } catch (error) {
        if (!REFUSALS.has(codeOf(error))) throw error;
        throw new AppError(
          'EXTERNAL_PART_REFUSES',
          `PostgreSQL at ${host} refuses us: ${messageOf(error)}. Correct user, password and database (${pathname.slice(1)}) in --database-url or DATABASE_URL.`,
          { cause: error },
        );
      } finally {
        void client.end().catch(() => undefined);
      }
    },
  };
}

/**
 * Waits until every part answers, and says after the first failed look, and every ten seconds, what is waited for and why.
 * @throws the signal's reason; AppError EXTERNAL_PART_REFUSES and others that waiting cannot mend.
 */
export async function waitForExternalParts(
  parts: readonly ExternalPart[],
  { signal, log }: { readonly signal: AbortSignal; readonly log: (line: string) => void },
): Promise<void> {
  await Promise.all(
    parts.map(async ({ name, look }) => {
      for (let saidMs = Number.NEGATIVE_INFINITY; ; ) {
        signal.throwIfAborted();
        try {
          return await look();
        } catch (error) {
          if (error instanceof AppError && !error.retryable) throw error;
          if (Date.now() - saidMs >= SAY_AGAIN_MS) {
            saidMs = Date.now();
            log(`waiting for ${name}: ${reasonOf(error)}`);
          }
          await delay(PAUSE_MS, undefined, { signal });
        }
      }
    }),
  );
}

/** fetch hides why it failed in the cause; a name with several addresses fails with an error for each. */
function reasonOf(error: unknown): string {
  const { cause, errors } = error as { cause?: unknown; errors?: unknown[] };
  if (errors !== undefined && errors.length > 0) return reasonOf(errors[0]);
  return cause === undefined ? messageOf(error) : reasonOf(cause);
}
