/** Reads rings, roots and ledger for the questions of core/numbering.ts. */

import { channelStateAddress } from '@attention-oracle/sdk/web3';
import { NO_EPOCH } from '../../../domain/ring-survey.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { noteRingSurvey } from '../../../runtime/kafka/ring-survey.ts';
import { type TopicNames, topicNames } from '../../../runtime/kafka/topics.ts';
import type { SettlementConfig } from '../config.ts';
import { type EmittedRoot, type NumberingSurvey, newestEpoch } from '../core/numbering.ts';
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
  readonly chain: RpcChain;
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
    chain,
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
  const { slot } = await options.chain.finalizedHead();
  return { slot, rings: await options.chain.everyRing(), roots, published, accountOf };
}

/** Says what the rings hold, for the processor: it waits for that before the first root. @throws what the brokers answer. */
export async function tellRings(
  kafka: KafkaClient,
  { MINT_PUBKEY: mint, AO_PROGRAM_ID: programId }: Pick<SettlementConfig, 'MINT_PUBKEY' | 'AO_PROGRAM_ID'>,
  survey: Pick<NumberingSurvey, 'rings' | 'slot'>,
): Promise<void> {
  const newestEpochs = new Map([[mint, newestEpoch(survey) ?? NO_EPOCH]]);
  await noteRingSurvey(kafka, { programId, slot: survey.slot, listed: true, newestEpochs, namesEveryMint: false });
}
