import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../runtime/config.ts';
import { createKafka, type KafkaClient } from '../../../runtime/kafka/client.ts';
import { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { ensureTopics } from '../../../runtime/kafka/topics.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import type { SettlementRecord } from '../../../schemas/records.ts';
import { testStack, uniqueName } from '../../../tests/testing/stack.ts';
import { settlementConfig } from '../config.ts';
import { LedgerTopic } from './ledger-topic.ts';

const namespace = `${uniqueName('ledger')}.`;
let kafka: KafkaClient;
let codec: RecordCodec;
let topic: string;
const fenced: string[] = [];
const ledgers: LedgerTopic[] = [];

beforeAll(async () => {
  const { kafkaBrokers, registryUrl } = testStack();
  const settings = loadConfig(settlementConfig, {
    KAFKA_BROKERS: kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: registryUrl,
    KAFKA_NAMESPACE: namespace,
    KAFKA_PARTITIONS: '2',
    MINT_PUBKEY: 'GnGzNdsQMxMpJfMeqnkGPsvHm8kwaDidiKjNU2dCVZop',
  });
  kafka = createKafka(settings, 'ledger-test', silentLogger());
  topic = (await ensureTopics(kafka, settings)).settlements;
  codec = await RecordCodec.connect(settings);
});
afterAll(() => Promise.all(ledgers.map((ledger) => ledger.close())));

function ledgerOf(worker: string): LedgerTopic {
  const ledger = new LedgerTopic({
    ...{ kafka, codec, topic, transactionalId: `${namespace}ledger`, signal: new AbortController().signal },
    isMember: () => true,
    onFenced: (partition) => fenced.push(`${worker}/${partition}`),
    onAppendFailure: () => undefined,
    onUnreadable: () => undefined,
  });
  ledgers.push(ledger);
  return ledger;
}

function row(worker: string): SettlementRecord {
  return {
    ...{ channel: 'lacy', epoch: 9n, root: 'ab'.repeat(32), status: 'FINALIZED', attempt: 1, signature: null },
    ...{ lastValidBlockHeight: null, slot: 5, feeLamports: 5000n, computeUnits: null, reason: null },
    ...{ rootPartition: 0, rootOffset: 0, at: Date.now(), worker },
  };
}

describe('the ledger', () => {
  it('takes no row of an ex-owner that was paused while another worker took its partition over', async () => {
    const paused = ledgerOf('paused');
    const heir = ledgerOf('heir');
    await paused.take([0, 1]);
    await expect(paused.append(0, [row('paused')])).resolves.toHaveLength(1);
    await heir.take([0]);
    await heir.append(0, [row('heir')]);
    await expect(paused.append(0, [row('paused')])).resolves.toBeUndefined();
    await expect(paused.append(0, [row('paused')])).resolves.toBeUndefined();
    await expect(paused.append(1, [row('paused')])).resolves.toHaveLength(1);
    expect(fenced).toEqual(['paused/0']);
    expect([paused.holds(0), paused.holds(1), heir.holds(0)]).toEqual([false, true, true]);
    const rows: string[] = [];
    await heir.read([0, 1], ({ record }, partition) => rows.push(`${partition} ${record.worker}`));
    expect(rows.sort()).toEqual(['0 heir', '0 paused', '1 paused']);
  });

  it('gives back the offsets at which its rows stand', async () => {
    const ledger = ledgerOf('offsets');
    await ledger.take([0]);
    const written = await ledger.append(0, [row('offsets'), { ...row('offsets'), epoch: 10n }]);
    const found: bigint[] = [];
    await ledger.read([0], ({ offset, record }) => {
      if (record.worker === 'offsets') found.push(offset);
    });
    expect(written).toEqual(found);
  });
});
