/** What publishing a root would send, what it would cost, and whether the chain would take it; nothing is sent. */

import { MAX_COMPUTE_UNITS } from './fees.ts';
import * as holds from './holds.ts';
import { type AccountsAnswer, isUnreadable, type SettlerPorts } from './ports.ts';
import type { PublicationCost } from './publication-cost.ts';
import type { Reason } from './reasons.ts';
import type { RootToSettle } from './root-job.ts';
import { CallFailed, type RpcGate } from './rpc-gate.ts';
import { classifyFailure } from './transaction-failure.ts';

export class DryRun {
  readonly #ports: Pick<SettlerPorts, 'transactions'>;
  readonly #rpc: RpcGate;
  readonly #cost: PublicationCost;

  constructor(ports: Pick<SettlerPorts, 'transactions'>, rpc: RpcGate, cost: PublicationCost) {
    this.#ports = ports;
    this.#rpc = rpc;
    this.#cost = cost;
  }

  /** The reason of the HELD row while AUTO_PUBLISH is off. @throws RpcPaused */
  async of(root: RootToSettle, accounts: AccountsAnswer): Promise<Reason> {
    const { protocol } = accounts;
    const { transactions } = this.#ports;
    const payer = transactions.payer ?? (isUnreadable(protocol) ? undefined : protocol?.publisher);
    if (payer === undefined) {
      return holds.protocolHold(protocol, '') ?? holds.autoPublishHold('a transaction of a payer that nobody knows');
    }
    const parts = [
      transactions.describe(root, payer),
      await this.#cost.describe(root.channel, accounts),
      await this.#simulated(root, payer),
    ];
    return holds.autoPublishHold(parts.join(', '));
  }

  async #simulated(root: RootToSettle, payer: string): Promise<string> {
    try {
      const { blockhash } = await this.#rpc.call('latestBlockhash', (chain) => chain.latestBlockhash());
      const terms = { blockhash, computeUnitLimit: MAX_COMPUTE_UNITS, priorityFee: 0, form: 'legacy' as const };
      const wire = this.#ports.transactions.createUnsigned([root], payer, terms);
      const { error, computeUnits } = await this.#rpc.call('simulate', (chain) => chain.simulate(wire));
      if (error === null) return `simulated: it would be taken, with ${computeUnits} compute units`;
      const { reason } = classifyFailure(error, 1, terms.form);
      return `simulated: it would be refused (${reason.code}: ${reason.text})`;
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      return `not simulated (the node does not answer ${error.call})`;
    }
  }
}
