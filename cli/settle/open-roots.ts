/** The roots that are not on chain yet, as topics and ledger tell them. */

import type { RecordCodec } from '../../runtime/kafka/codec.ts';
import { readToEnd } from '../../runtime/kafka/topic-reader.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import type { RootFinalized, SettlementDecision, SettlementRecord } from '../../schemas/records.ts';
import { FeeLedger } from '../../sinks/settlement/core/fee-ledger.ts';
import { isTerminal } from '../../sinks/settlement/core/ledger-history.ts';
import { DecisionBook } from '../../sinks/settlement/core/policy/decision-book.ts';
import type { KafkaSession } from '../kafka/session.ts';

export interface OpenRoot {
  readonly root: RootFinalized;
  /** Newest row of the ledger; undefined while there is none. */
  readonly row: SettlementRecord | undefined;
}

interface Reading {
  readonly session: KafkaSession;
  readonly codec: RecordCodec;
}

/** Every root of ao.roots.v1, by what it is, in the order of its partition. */
export async function emittedRoots(reading: Reading): Promise<Map<string, RootFinalized>> {
  const roots = new Map<string, RootFinalized>();
  await readRecords(reading, 'roots', (name, value) => {
    if (name === 'RootFinalized') roots.set(keyOf(value as RootFinalized), value as RootFinalized);
  });
  return roots;
}

/** The roots without a last row, of one channel or of all. */
export async function openRoots(reading: Reading, channel: string | undefined): Promise<OpenRoot[]> {
  const roots = await emittedRoots(reading);
  const rows = new Map<string, SettlementRecord>();
  const done = new Set<string>();
  await readRecords(reading, 'settlements', (name, value) => {
    if (name !== 'SettlementRecord') return;
    const row = value as SettlementRecord;
    rows.set(keyOf(row), row);
    if (isTerminal(row.status)) done.add(keyOf(row));
  });
  return [...roots]
    .filter(([key, root]) => !done.has(key) && (channel === undefined || root.channel === channel))
    .map(([key, root]) => ({ root, row: rows.get(key) }));
}

/** What publishing has cost, by the whole ledger. */
export async function paidFees(reading: Reading): Promise<FeeLedger> {
  const fees = new FeeLedger();
  await readRecords(reading, 'settlements', (name, value) => {
    if (name === 'SettlementRecord') fees.note(value as SettlementRecord);
  });
  return fees;
}

/** What people have decided so far. */
export async function standingDecisions(reading: Reading, persons: number): Promise<DecisionBook> {
  const book = new DecisionBook(persons);
  await readRecords(reading, 'decisions', (name, value) => {
    if (name === 'SettlementDecision') book.add(value as SettlementDecision);
  });
  return book;
}

async function readRecords(
  { session, codec }: Reading,
  topic: 'roots' | 'settlements' | 'decisions',
  onRecord: (name: string, value: unknown) => void,
): Promise<void> {
  await readToEnd({
    kafka: session.kafka,
    topic: topicNames(session.settings)[topic],
    onRecords: async (records) => {
      await codec.prepare(records.map(({ value }) => value));
      for (const { value } of records) {
        const decoded = codec.decode(value);
        onRecord(decoded.name, decoded.value);
      }
    },
  });
}

function keyOf({ channel, epoch, root }: Pick<RootFinalized, 'channel' | 'epoch' | 'root'>): string {
  return `${root}/${epoch}/${channel}`;
}
