/** A dry run of one root for a tool: the chain is asked once, nothing is sent and nothing is written. */

import type { RootFinalized } from '../../../schemas/records.ts';
import type { SettlementConfig } from '../config.ts';
import { DryRun } from '../core/dry-run.ts';
import { isUnreadable } from '../core/ports.ts';
import { PublicationCost } from '../core/publication-cost.ts';
import { PublicationTransactions } from '../core/publication-transaction.ts';
import { reasonText } from '../core/reasons.ts';
import { judgeRing } from '../core/ring-verdict.ts';
import { RpcGate } from '../core/rpc-gate.ts';
import { settlerSettings } from '../settler-settings.ts';
import { RpcChain } from './rpc-chain.ts';
import { RpcEndpoints } from './rpc-endpoints.ts';

/** @throws what the chain's client throws. */
export async function dryRunOf(record: RootFinalized, config: SettlementConfig): Promise<string> {
  const program = { mint: config.MINT_PUBKEY, programId: config.AO_PROGRAM_ID };
  const signal = new AbortController().signal;
  const chain = new RpcChain(new RpcEndpoints(config.ANCHOR_PROVIDER_URL, config.RPC_TIMEOUT_MS, signal), program);
  const ports = { chain, now: () => Date.now(), observe: () => undefined };
  const gate = new RpcGate(ports);
  const transactions = new PublicationTransactions({ ...program, signer: undefined });
  const cost = new PublicationCost(ports, gate, settlerSettings(config).priorityFee);
  const { channel, epoch, root, count, startSlot, endSlot } = record;
  const accounts = await chain.accounts([channel], undefined, 'finalized');
  const ring = accounts.rings.get(channel);
  if (isUnreadable(ring)) return `The account of ${channel} cannot be read: ${ring.unreadable}.`;
  const verdict = judgeRing(record, ring);
  if (verdict.kind !== 'publish')
    return `Nothing would be sent: the ring of ${channel} says ${verdict.kind} of epoch ${epoch}.`;
  const placed = { partition: 0, offset: 0n, nextOffset: 1n, recordedAtMs: 0 };
  const reason = await new DryRun({ transactions }, gate, cost)
    .of({ ...placed, channel, epoch, root, count, startSlot, endSlot }, accounts)
    .catch((error: unknown) => {
      throw error instanceof Error && error.cause !== undefined ? error.cause : error;
    });
  return reasonText(reason);
}
