/** Roots that share a transaction, from simulation over PENDING to its first send. */

import { codeOf, messageOf } from '../../../runtime/errors.ts';
import type { AttemptFollower } from './attempt-follower.ts';
import { headsOf } from './channel-run.ts';
import { computeUnitLimit, MAX_COMPUTE_UNITS, transactionFeeLamports } from './fees.ts';
import * as holds from './holds.ts';
import type { JobLedger } from './job-ledger.ts';
import type { PlacedRoot } from './lane.ts';
import type { AccountsAnswer, PublicationTransaction, SettlerPorts } from './ports.ts';
import type { PublicationCost } from './publication-cost.ts';
import type { RootDecisions } from './root-decisions.ts';
import { begun, tallyOf } from './root-job.ts';
import { CallFailed, type RpcGate } from './rpc-gate.ts';
import { classifyFailure, refusesForm, type TransactionFailure } from './transaction-failure.ts';
import type { FormChoice, TransactionForm } from './transaction-form.ts';

export interface BatchSenderParts {
  readonly ports: SettlerPorts;
  readonly rpc: RpcGate;
  readonly ledger: JobLedger;
  readonly follower: AttemptFollower;
  readonly forms: FormChoice;
  readonly cost: PublicationCost;
  readonly decisions: RootDecisions;
  isDraining(): boolean;
}

export class BatchSender {
  readonly #parts: BatchSenderParts;

  constructor(parts: BatchSenderParts) {
    this.#parts = parts;
  }

  /**
   * Trouble of one root in it does not hold the others.
   * @param form What the batch was packed for.
   * @throws RpcPaused
   */
  async publish(batch: readonly PlacedRoot[], accounts: AccountsAnswer, form: TransactionForm): Promise<void> {
    const { decisions } = this.#parts;
    try {
      await this.#publishTogether(batch, accounts, form);
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      // Legacy says whether it was the form: its roots are still due.
      if (error.call === 'simulate' && form === 'version1') return this.#formRefused(error.cause);
      if (error.call === 'simulate' && batch.length > 1) return this.#publishEach(batch, accounts, form);
      for (const at of headsOf(batch)) await decisions.troubled(at, error);
    }
  }

  async #publishEach(batch: readonly PlacedRoot[], accounts: AccountsAnswer, form: TransactionForm): Promise<void> {
    for (const at of headsOf(batch)) if (!this.#parts.isDraining()) await this.publish([at], accounts, form);
  }

  async #publishTogether(batch: readonly PlacedRoot[], accounts: AccountsAnswer, form: TransactionForm): Promise<void> {
    const { ports, rpc, ledger, follower, cost, decisions } = this.#parts;
    const roots = batch.map(({ root }) => root);
    const channels = roots.map(({ channel }) => channel);
    const attempt = Math.max(...batch.map(({ job }) => tallyOf(job).attempts)) + 1;
    const price = await cost.priorityFee(channels, attempt);
    const needed = await cost.lamportsNeeded(channels, price, accounts);
    if (accounts.payerLamports < needed) {
      // What one root needs may be there all the same.
      if (batch.length > 1) return this.#publishEach(batch, accounts, form);
      for (const at of batch) await decisions.hold(at, holds.fundsHold(accounts.payerLamports, needed));
      return;
    }
    const { blockhash, lastValidBlockHeight } = await rpc.call('latestBlockhash', (chain) => chain.latestBlockhash());
    const draft = { form, blockhash, computeUnitLimit: MAX_COMPUTE_UNITS, priorityFee: price };
    const { transactions } = ports;
    const payer = transactions.payer ?? '';
    const unsigned = transactions.createUnsigned(roots, payer, draft);
    const simulation = await rpc.call('simulate', (chain) => chain.simulate(unsigned));
    if (form === 'version1' && refusesForm(simulation.error)) return this.#formRefused(simulation.error);
    if (simulation.error !== null)
      return this.#refused(batch, accounts, form, classifyFailure(simulation.error, roots.length, form));
    const terms = { ...draft, computeUnitLimit: computeUnitLimit(simulation.computeUnits) };
    const made = await this.#signed(batch, () => transactions.create(roots, terms, payer));
    if (made === undefined) return;
    const { signature, wire } = made;
    if (!batch.every((at) => ledger.owns(at))) return;
    const attempts = batch.map((at) => ({ at, attempt: tallyOf(at.job).attempts + 1 }));
    const pending = { status: 'PENDING', signature, lastValidBlockHeight } as const;
    const rows = await ledger.write(
      attempts.map(({ at, attempt: number }) => ({ at, content: { ...pending, attempt: number } })),
    );
    // A partition lost meanwhile: its new owner may have read the ledger before our row, so nothing may be sent.
    if (rows.includes(undefined) || !batch.every((at) => ledger.owns(at))) return;
    for (const { at, attempt: number } of attempts) {
      at.move((job) => begun(job, signature));
      ports.observe({ kind: 'attempt', root: at.root, attempt: number, signature, form });
    }
    const maxFeeLamports = transactionFeeLamports(terms.computeUnitLimit, price);
    await follower.begin(attempts, { signature, lastValidBlockHeight, wire, form, maxFeeLamports });
  }

  /** Undefined where nobody signs at present: what could not be made is made later. */
  async #signed(
    batch: readonly PlacedRoot[],
    create: () => Promise<PublicationTransaction>,
  ): Promise<PublicationTransaction | undefined> {
    try {
      return await create();
    } catch (error) {
      const code = codeOf(error);
      if (!code.startsWith('SIGNER_')) throw error;
      for (const at of headsOf(batch)) await this.#parts.decisions.tryLater(at, { code, text: messageOf(error) });
      return undefined;
    }
  }

  #formRefused(error: unknown): void {
    const { forms, ports } = this.#parts;
    ports.observe({ kind: 'formRefused', error, untilMs: forms.refused() });
  }

  /** A simulation failed: the root that caused it is held or looked at again, the others go without it. */
  async #refused(
    batch: readonly PlacedRoot[],
    accounts: AccountsAnswer,
    form: TransactionForm,
    { action, reason, rootIndex }: TransactionFailure,
  ): Promise<void> {
    const { decisions } = this.#parts;
    // Nobody knows which root it is: each says for itself.
    if (rootIndex === undefined && batch.length > 1 && action === 'hold') {
      return this.#publishEach(batch, accounts, form);
    }
    for (const at of rootIndex === undefined ? headsOf(batch) : batch.slice(rootIndex, rootIndex + 1)) {
      if (action === 'hold') await decisions.hold(at, reason);
      else await decisions.tryLater(at, reason);
    }
  }
}
