/** At the start of a deployment: says what the rings of the program hold, for the processor, which cannot ask the chain. */

import {
  base58Encode,
  CHANNEL_STATE_DISCRIMINATOR,
  type ChannelState,
  decodeChannelState,
} from '@attention-oracle/sdk';
import type { RingSurvey } from '../../../domain/ring-survey.ts';
import { AppError, codeOf, mayPass, messageOf } from '../../../runtime/errors.ts';
import { withAdmin } from '../../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import { noteRingSurvey } from '../../../runtime/kafka/ring-survey.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { retry } from '../../../runtime/retry.ts';
import type { RpcClient } from './reading/rpc-client.ts';

const KEY_EXCLUDED = -32010;

interface SurveyOptions {
  readonly kafka: KafkaClient;
  readonly rpc: RpcClient;
  readonly programId: string;
  readonly rootsTopic: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Tries until it is said, beside the listening. Does nothing once a root stands: then the numbers are given. */
export async function tellRings(options: SurveyOptions): Promise<void> {
  const { kafka, rootsTopic, log, signal } = options;
  const tell = async (): Promise<void> => {
    const bounds = await withAdmin(kafka, (admin) => admin.bounds(rootsTopic));
    if ([...bounds.values()].some(({ high }) => high > 0n)) return;
    const survey = await surveyRings(options);
    await noteRingSurvey(kafka, survey);
    log.info({ listed: survey.listed, mints: survey.newestEpochs.size }, 'the rings of the program are told');
  };
  await retry(tell, {
    signal,
    onFailure: (error, attempt, delayMs) =>
      log.warn({ code: codeOf(error), reason: messageOf(error), attempt, delayMs }, 'the rings are not told yet'),
  });
}

async function surveyRings({ rpc, programId, log }: SurveyOptions): Promise<RingSurvey> {
  try {
    const channels = { memcmp: { offset: 0, bytes: base58Encode(Buffer.from(CHANNEL_STATE_DISCRIMINATOR, 'hex')) } };
    const options = { commitment: 'finalized', encoding: 'base64', filters: [channels], withContext: true };
    const { result } = await rpc.call('getProgramAccounts', [programId, options]);
    return { programId, listed: true, ...ringsIn(result) };
  } catch (error) {
    if (mayPass(error) && !isKeptOut(error)) throw error;
    log.warn({ code: codeOf(error), reason: messageOf(error) }, 'the node lists no accounts of the program');
    return { programId, slot: 0, listed: false, newestEpochs: new Map(), namesEveryMint: false };
  }
}

/** @throws AppError RPC_MALFORMED */
export function ringsIn(answer: unknown): Pick<RingSurvey, 'slot' | 'newestEpochs' | 'namesEveryMint'> {
  const { context, value } = (answer ?? {}) as { context?: { slot?: unknown }; value?: unknown };
  const accounts = value ?? answer;
  // Of a node that does not say its slot, nothing in the rings is taken for ours.
  const slot = typeof context?.slot === 'number' ? context.slot : 0;
  if (!Array.isArray(accounts)) throw malformed('is no list');
  const newestEpochs = new Map<string, bigint>();
  let namesEveryMint = true;
  for (const entry of accounts as readonly { account?: { data?: unknown } }[]) {
    const data = Array.isArray(entry.account?.data) ? (entry.account.data as unknown[])[0] : undefined;
    if (typeof data !== 'string') throw malformed('holds an account without data');
    const state = readable(Buffer.from(data, 'base64'));
    // Of a build that this release does not know: nobody can say which mints have rings.
    if (state === undefined) namesEveryMint = false;
    for (const { epoch, root } of state?.ring ?? []) {
      const { mint } = state as ChannelState;
      const isUsed = epoch > 0n || root.some((byte) => byte !== 0);
      if (isUsed && epoch >= (newestEpochs.get(mint) ?? 0n)) newestEpochs.set(mint, epoch);
    }
  }
  return { slot, newestEpochs, namesEveryMint };
}

function readable(bytes: Uint8Array): ChannelState | undefined {
  try {
    return decodeChannelState(bytes);
  } catch {
    return undefined;
  }
}

/** Nodes that keep no index by program answer so. */
function isKeptOut(error: unknown): boolean {
  return error instanceof AppError && error.context['rpcCode'] === KEY_EXCLUDED;
}

function malformed(what: string): AppError {
  return new AppError('RPC_MALFORMED', `The answer to getProgramAccounts ${what}.`, { retryable: true });
}
