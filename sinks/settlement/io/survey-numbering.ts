/** Reads rings, roots and ledger for the questions of core/numbering.ts. */

import { channelStateAddress } from '@attention-oracle/sdk/web3';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { type TopicNames, topicNames } from '../../../runtime/kafka/topics.ts';
import type { SettlementConfig } from '../config.ts';
import type { EmittedRoot, NumberingSurvey } from '../core/numbering.ts';
import type { Ring } from '../core/ports.ts';
import { PublishedRoots } from '../core/published-roots.ts';
import { readLedger } from './ledger-topic.ts';
import { readRoots } from './roots-archive.ts';
import { RpcChain } from './rpc-chain.ts';
import { RpcEndpoints } from './rpc-endpoints.ts';

interface SurveyOptions {
  readonly kafka: KafkaClient;
  readonly codec: RecordCodec;
  readonly topics: TopicNames;
  readonly partitions: number;
  readonly mint: string;
  readonly programId: string;
  readonly signal: AbortSignal;
  rings(): Promise<ReadonlyMap<string, Ring>>;
}

/** The survey of a deployment that is configured so. @throws what the clients of Kafka, registry and chain throw. */
export function surveyFor({
  kafka,
  codec,
  config,
  signal,
}: Pick<SurveyOptions, 'kafka' | 'codec' | 'signal'> & {
  readonly config: SettlementConfig;
}): Promise<NumberingSurvey> {
  const topics = topicNames(config);
  const program = { mint: config.MINT_PUBKEY, programId: config.AO_PROGRAM_ID };
  const chain = new RpcChain(new RpcEndpoints(config.ANCHOR_PROVIDER_URL, config.RPC_TIMEOUT_MS, signal), program);
  return surveyNumbering({
    ...{ kafka, codec, topics, signal, ...program },
    partitions: config.KAFKA_PARTITIONS,
    rings: () => chain.everyRing(),
  });
}

/** @throws what Kafka's client, the registry's or the chain's throws. */
async function surveyNumbering(options: SurveyOptions): Promise<NumberingSurvey> {
  const { kafka, codec, topics, mint, programId, signal } = options;
  const partitions = Array.from({ length: options.partitions }, (_, partition) => partition);
  const published = new PublishedRoots();
  await readLedger({ kafka, codec, topic: topics.settlements, partitions, signal }, ({ record }) =>
    published.note(record),
  );
  const roots: EmittedRoot[] = [];
  await readRoots({ kafka, codec, topic: topics.roots, partitions, signal }, (root) => roots.push(root));
  const accountOf = (channel: string): string => channelStateAddress(mint, channel, programId)[0].toBase58();
  return { rings: await options.rings(), roots, published, accountOf };
}
