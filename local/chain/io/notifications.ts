import type { ChainEvent, ChainState } from '../core/bank/chain-state.ts';
import { ChainView } from '../core/bank/chain-view.ts';
import type { TransactionRecord } from '../core/ledger/record.ts';
import type { TransactionMeta } from '../core/transaction/meta.ts';
import { jsonText } from './raw-json.ts';
import { accountAnswer } from './rpc-methods/account-answers.ts';
import { withContext } from './rpc-methods/parameters.ts';
import type { Subscription } from './subscription.ts';

/** Results that a chain event has for one subscription, as JSON texts; most have none. */
export function notificationsFor(subscription: Subscription, event: ChainEvent, state: ChainState): string[] {
  switch (subscription.kind) {
    case 'slot':
      if (event.type !== 'slot') return [];
      return [jsonText({ parent: event.parent, root: event.root, slot: event.slot })];
    case 'root':
      return event.type === 'slot' ? [jsonText(event.root)] : [];
    case 'logs':
      if (event.type !== 'transactions' || event.commitment !== subscription.commitment) return [];
      return event.records
        .filter(({ accountKeys }) => subscription.mentions === null || accountKeys.includes(subscription.mentions))
        .map(logsText);
    case 'signature': {
      if (event.type !== 'transactions' || event.commitment !== subscription.commitment) return [];
      const record = event.records.find(({ id }) => id === subscription.signature);
      return record === undefined ? [] : [signatureText(record.slot, record.errorText)];
    }
    case 'account':
      if (event.type !== 'accounts' || event.commitment !== subscription.commitment) return [];
      return event.addresses.has(subscription.address) ? [accountText(subscription, event.slot, state)] : [];
    case 'program':
      if (event.type !== 'accounts' || event.commitment !== subscription.commitment) return [];
      return [...event.addresses].flatMap((address) => {
        const account = state.accounts.getAt(address, event.slot);
        if (account?.owner !== subscription.program) return [];
        const value = { account: accountAnswer(account, base64Default(subscription.config)), pubkey: address };
        return [jsonText(withContext(event.slot, value))];
      });
  }
}

/** What a signature subscription is told at once, when the transaction is already as settled as asked. */
export function immediateSignature(subscription: Subscription, state: ChainState): string | null {
  if (subscription.kind !== 'signature') return null;
  const status = new ChainView(state).status(subscription.signature);
  if (status === null || status.slot > state.slot(subscription.commitment)) return null;
  return signatureText(status.slot, status.errorText);
}

function signatureText(slot: number, errorText: string): string {
  return jsonText(withContext(slot, { err: JSON.parse(errorText) as unknown }));
}

/** Logs are the same for every subscriber, so a record's text is made once. */
const logsTexts = new WeakMap<TransactionRecord, string>();

function logsText(record: TransactionRecord): string {
  const known = logsTexts.get(record);
  if (known !== undefined) return known;
  const { err, logMessages } = JSON.parse(record.metaText) as TransactionMeta;
  const text = jsonText(withContext(record.slot, { err, logs: logMessages ?? [], signature: record.id }));
  logsTexts.set(record, text);
  return text;
}

function accountText(subscription: Subscription & { kind: 'account' }, slot: number, state: ChainState): string {
  const account = state.accounts.getAt(subscription.address, slot);
  const gone = { data: ['', 'base64'], executable: false, lamports: 0, owner: '1'.repeat(32), rentEpoch: 0, space: 0 };
  const value = accountAnswer(account, base64Default(subscription.config)) ?? gone;
  return jsonText(withContext(slot, value));
}

function base64Default(config: Readonly<Record<string, unknown>>) {
  return { ...config, encoding: config['encoding'] ?? 'base64' };
}
