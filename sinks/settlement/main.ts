/** The settlement worker: brings the roots of ao.roots.v1 on chain, each exactly once. */

import { codeOf } from '../../runtime/errors.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { connectTopics } from '../../runtime/kafka/connect.ts';
import { readDeploymentChain } from '../../runtime/kafka/deployment-chain.ts';
import { connectProducer } from '../../runtime/kafka/producer.ts';
import type { Role } from '../../runtime/role.ts';
import { waitingFor } from '../../runtime/wait-for.ts';
import { websocketUrls } from '../../runtime/websocket-urls.ts';
import { settlementConfig, workerIdOf } from './config.ts';
import { DecisionBook } from './core/policy/decision-book.ts';
import { PublicationTransactions } from './core/publication-transaction.ts';
import { assertBase } from './io/assert-base.ts';
import { connectEvidence } from './io/connect-evidence.ts';
import { DecisionsReader } from './io/decisions-reader.ts';
import { LedgerTopic } from './io/ledger-topic.ts';
import { keepOutOfDumps } from './io/no-core-dumps.ts';
import { RpcChain } from './io/rpc-chain.ts';
import { RpcEndpoints } from './io/rpc-endpoints.ts';
import { settlementKey } from './io/settlement-key.ts';
import { SettlementMetrics } from './io/settlement-metrics.ts';
import { SettlementWorker } from './io/settlement-worker.ts';
import { SignatureWatch } from './io/signature-watch.ts';
import { settlerSettings } from './settler-settings.ts';

export const role: Role<typeof settlementConfig.shape> = {
  name: 'settle',
  config: settlementConfig,
  opsPort: 9104,
  async start({ config, log, metrics: registry, signal, holds, fail }) {
    const kafka = createKafka(config, `ao-settlement-${workerIdOf(config)}`, log);
    const waitFor = waitingFor(log, signal, holds);
    keepOutOfDumps(log);
    const signer = await waitFor('the settlement key', () => settlementKey(config, { holds, log }));
    const { topics, codec } = await connectTopics(kafka, config, waitFor, { signal, onChange: fail });
    const hurry = new AbortController();
    const endpoints = new RpcEndpoints(
      config.ANCHOR_PROVIDER_URL,
      config.RPC_TIMEOUT_MS,
      hurry.signal,
      config.SETTLEMENT_SENDER_URLS,
    );
    await waitFor('the chain of this deployment', async () =>
      endpoints.expectChain(await readDeploymentChain({ kafka, codec, signal })),
    );
    await waitFor('the rings of the chain', () => assertBase({ kafka, codec, config, signal, log }));
    const producer = await waitFor('Kafka', () => connectProducer(kafka));
    const program = { mint: config.MINT_PUBKEY, programId: config.AO_PROGRAM_ID };
    const chain = new RpcChain(endpoints, program);
    const settings = settlerSettings(config);
    const { evidence, close: closeEvidence } = connectEvidence(
      config,
      settings.policies,
      chain,
      workerIdOf(config),
      log,
    );
    const groupId = `${config.KAFKA_NAMESPACE}ao-settlement`;
    const ledger = new LedgerTopic({
      kafka,
      codec,
      topic: topics.settlements,
      transactionalId: `${groupId}-ledger`,
      signal: hurry.signal,
      isMember: () => worker.consumer.isJoined(),
      onFenced: (partition, error) => worker.lost(partition, error),
      onAppendFailure: (error, attempt, delayMs) =>
        log.error({ err: error, attempt, delayMs }, 'cannot write the ledger'),
      onUnreadable: (partition, offset, error) =>
        log.error({ err: error, code: codeOf(error), partition, offset: offset.toString() }, 'ledger row not readable'),
    });
    const metrics = new SettlementMetrics(
      registry,
      {
        publishesAlways: config.AUTO_PUBLISH && !config.SETTLEMENT_FOLLOWS_CUTOVER,
        counts: () => worker.settler.counts,
        ringAlarms: (kind) => worker.settler.ringAlarms(kind),
        lag: () => worker.lag(),
      },
      log,
    );
    const decisions = new DecisionBook(config.SETTLEMENT_PERSONS);
    const reader = new DecisionsReader({
      ...{ kafka, codec, topic: topics.decisions, book: decisions, holds, signal: hurry.signal },
      onDecision: (channel) => worker.decided(channel),
    });
    const notice = new SignatureWatch({
      urls: config.ANCHOR_WS_URL.length > 0 ? config.ANCHOR_WS_URL : config.ANCHOR_PROVIDER_URL.flatMap(websocketUrls),
      onFinal: (signature) => worker.noticed(signature),
      onDown: (reason) => log.info({ reason }, 'no notices of final transactions: they are only polled meanwhile'),
    });
    const worker: SettlementWorker = new SettlementWorker({
      kafka,
      producer,
      codec,
      topics,
      groupId,
      role: role.name,
      ledger,
      settings,
      queueLimit: config.SETTLEMENT_QUEUE_ROOTS,
      ports: {
        chain,
        evidence,
        decisions,
        notice,
        transactions: new PublicationTransactions({ ...program, signer }),
        observe: (event) => metrics.observe(event),
      },
      log,
      holds,
      hurry,
      fail,
    });
    await waitFor('the decisions of people', () => reader.start());
    await waitFor('Kafka', () => worker.start());
    if (!config.AUTO_PUBLISH) log.warn('AUTO_PUBLISH is false: nothing is sent, every root is held');

    return {
      describe: { autoPublish: config.AUTO_PUBLISH, payer: signer?.current.address ?? null },
      live: () => worker.consumer.isLive(),
      ready: () => ({
        kafka: worker.consumer.isJoined(),
        rpc: metrics.rpcHealthy,
        ledger: worker.settler.allLoaded,
      }),
      async stop() {
        signer?.stop();
        await worker.stop();
        notice.stop();
        await reader.stop();
        await ledger.close();
        await producer.disconnect();
        await closeEvidence();
      },
    };
  },
};
