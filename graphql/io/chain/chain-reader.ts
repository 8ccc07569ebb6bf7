/** What else than accounts the gateway asks the chain: its newest slot, and the bytes of an instruction. */

import { bytesToHex, decodeTransaction } from '@attention-oracle/sdk';
import { z } from 'zod';
import { messageOf } from '../../../runtime/errors.ts';
import { Breaker } from '../../core/breaker.ts';
import { ByteCache } from '../../core/byte-cache.ts';
import type { AdmittedEndpoints } from './admitted-endpoints.ts';
import { askEndpoints, type Question } from './ask-endpoints.ts';

/** What is known, or a sentence that says why it is not. */
export type Known<T> =
  | { readonly value: T; readonly unknown?: undefined }
  | { readonly value: null; readonly unknown: string };

export interface ChainReader {
  /** The newest finalised slot, not older than a second. Never throws. */
  slot(): Promise<Known<bigint>>;
  /**
   * All bytes of one instruction, lower-case hexadecimal. Never throws.
   * @param eventId `<signature>/<outer index>[.<inner index>]`
   */
  instruction(eventId: string): Promise<Known<string>>;
}

export interface ChainReaderOptions {
  readonly endpoints: AdmittedEndpoints | undefined;
  readonly programId: string;
}

const TIMEOUT_MS = 2000;
const KEEP_SLOT_MS = 1000;
const PAUSE_MS = 1000;
const REMEMBERED_BYTES = 4 * 1024 * 1024;
const NOT_CONFIGURED = 'The gateway has no ANCHOR_PROVIDER_URL to ask the chain with.';

const slotShape = z.object({ result: z.number().int().nonnegative() });
const transactionShape = z.object({ result: z.record(z.string(), z.unknown()).nullable() });

export function chainReader({ endpoints, programId }: ChainReaderOptions): ChainReader {
  if (endpoints === undefined) {
    const unknown: Known<never> = { value: null, unknown: NOT_CONFIGURED };
    return { slot: () => Promise.resolve(unknown), instruction: () => Promise.resolve(unknown) };
  }
  const breaker = new Breaker({ failures: 2, pauseMs: PAUSE_MS });
  const instructions = new ByteCache<string>(REMEMBERED_BYTES);
  let asked: { readonly atMs: number; readonly slot: Promise<Known<bigint>> } | undefined;

  const ask = async <T>(question: Question<T>): Promise<Known<T>> => {
    if (!breaker.allows(Date.now()))
      return { value: null, unknown: 'The chain did not answer a moment ago; ask again.' };
    try {
      const value = await askEndpoints(await endpoints.list(), question, TIMEOUT_MS);
      breaker.succeeded();
      return { value };
    } catch (error) {
      breaker.failed(Date.now());
      return { value: null, unknown: `The chain does not answer; ask again. ${messageOf(error)}` };
    }
  };
  return {
    slot() {
      if (asked === undefined || Date.now() - asked.atMs > KEEP_SLOT_MS)
        asked = {
          atMs: Date.now(),
          slot: ask({
            method: 'getSlot',
            params: [{ commitment: 'finalized' }],
            read: (answer) => BigInt(slotShape.parse(answer).result),
          }),
        };
      return asked.slot;
    },
    async instruction(eventId) {
      const remembered = instructions.get(eventId);
      if (remembered !== undefined) return { value: remembered };
      const config = { encoding: 'json', commitment: 'confirmed', maxSupportedTransactionVersion: 1 };
      const transaction = await ask({
        method: 'getTransaction',
        params: [eventId.split('/')[0], config],
        read: (answer) => transactionShape.parse(answer).result,
      });
      if (transaction.unknown !== undefined) return transaction;
      const found = bytesOf(transaction.value, eventId, programId);
      if (found.value !== null) instructions.set(eventId, found.value, 2 * found.value.length);
      return found;
    },
  };
}

function bytesOf(
  transaction: Readonly<Record<string, unknown>> | null,
  eventId: string,
  programId: string,
): Known<string> {
  if (transaction === null)
    return { value: null, unknown: 'The node does not have the transaction any more; a node with its history does.' };
  try {
    const event = decodeTransaction(transaction, { programId }).events.find(
      (candidate) => candidate.eventId === eventId,
    );
    if (event !== undefined) return { value: bytesToHex(event.data) };
    return { value: null, unknown: "The node's transaction has no such instruction of the program; ask another node." };
  } catch (error) {
    return { value: null, unknown: `The node's answer cannot be read: ${messageOf(error)}` };
  }
}
