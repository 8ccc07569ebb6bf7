/** The accounts of many channels, so read that one of them cannot spoil the answer for the others. */

import { isolate } from './isolate.ts';
import type { AccountsAnswer } from './ports.ts';
import type { CallFailed, RpcGate } from './rpc-gate.ts';

export interface AccountsRead extends AccountsAnswer {
  /** Channels about which the node gives no answer. */
  readonly failed: ReadonlyMap<string, CallFailed>;
}

/** @throws RpcPaused */
export async function readAccounts(
  rpc: RpcGate,
  channels: readonly string[],
  payer: string | undefined,
  commitment: 'confirmed' | 'finalized',
): Promise<AccountsRead> {
  const { answers, failed } = await isolate([...new Set(channels)], (some) =>
    rpc.call('accounts', (chain) => chain.accounts(some, payer, commitment)),
  );
  return {
    protocol: answers[0]?.answer.protocol,
    payerLamports: answers[0]?.answer.payerLamports ?? 0n,
    version1: answers[0]?.answer.version1 ?? false,
    rings: new Map(answers.flatMap(({ answer }) => [...answer.rings])),
    failed: new Map(failed.map(({ item, failure }) => [item, failure])),
  };
}
