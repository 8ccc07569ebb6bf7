/**
 * What the brokers say about topics, ids included. A topic that was deleted and made again under its name has another id, and
 * other records at the same offsets. The library stops at version 6 of the metadata request, which knows no ids: this is version
 * 11 (Kafka 2.8 and newer), sent over the library's own connections.
 */

import type { KafkaClient } from './client.ts';
import { type Cluster, clusterOf, type Decoder, DecoderClass, EncoderClass } from './raw-requests.ts';

interface Metadata {
  readonly errorCode: number;
  readonly name: string | null;
  readonly id: string;
  readonly partitions: number;
}

/** A topic as the brokers know it. */
export interface FoundTopic {
  /** UUID, lower case with dashes; undefined where the brokers are older than Kafka 2.8. */
  readonly id: string | undefined;
  readonly partitions: number;
}

const METADATA = 3;
const VERSION = 11;
const NO_ID = '00000000-0000-0000-0000-000000000000';

/** By name; topics that the cluster does not know are left out. */
export async function describeTopics(kafka: KafkaClient, names: readonly string[]): Promise<Map<string, FoundTopic>> {
  const cluster = clusterOf(kafka);
  await cluster.connect();
  try {
    // Makes the brokers of the cluster known.
    await cluster.refreshMetadata();
    return await cluster.brokerPool.withBroker(async ({ broker }) => {
      if ((broker.versions[METADATA]?.maxVersion ?? 0) < VERSION) return withoutIds(cluster, names);
      const exchange = { request: request(names), response: { decode, parse } };
      const topics = await broker.connectionPool.send<Metadata[]>(exchange);
      const known = topics.filter(({ errorCode }) => errorCode === 0);
      return new Map(
        known.map(({ name, id, partitions }) => [name ?? '', { id: id === NO_ID ? undefined : id, partitions }]),
      );
    });
  } finally {
    await cluster.disconnect();
  }
}

async function withoutIds(cluster: Cluster, names: readonly string[]): Promise<Map<string, FoundTopic>> {
  const { topicMetadata } = await cluster.metadata({ topics: names });
  return new Map(
    topicMetadata.map(({ topic, partitionMetadata }) => [
      topic,
      { id: undefined, partitions: partitionMetadata.length },
    ]),
  );
}

function request(names: readonly string[]): object {
  return {
    apiKey: METADATA,
    apiVersion: VERSION,
    apiName: 'Metadata',
    async encode() {
      // The header of this version ends with tagged fields, of which there are none; the library writes the older header.
      const encoder = new EncoderClass().writeUVarInt(0).writeUVarInt(names.length + 1);
      for (const name of names) encoder.writeBuffer(Buffer.alloc(16)).writeUVarIntString(name).writeUVarInt(0);
      return encoder.writeBoolean(false).writeBoolean(false).writeUVarInt(0);
    },
  };
}

async function decode(payload: Buffer): Promise<Metadata[]> {
  const decoder = new DecoderClass(payload);
  decoder.readTaggedFields();
  decoder.readInt32();
  decoder.readUVarIntArray(skipBroker);
  decoder.readUVarIntString();
  decoder.readInt32();
  return decoder.readUVarIntArray(readTopic) ?? [];
}

/** As decoded: a topic's error is its own. */
async function parse(topics: Metadata[]): Promise<Metadata[]> {
  return topics;
}

function skipBroker(decoder: Decoder): void {
  decoder.readInt32();
  decoder.readUVarIntString();
  decoder.readInt32();
  decoder.readUVarIntString();
  decoder.readTaggedFields();
}

function readTopic(decoder: Decoder): Metadata {
  const errorCode = decoder.readInt16();
  const name = decoder.readUVarIntString();
  const id = decoder.readBytes(16).toString('hex');
  decoder.readBoolean();
  const partitions = decoder.readUVarIntArray(skipPartition)?.length ?? 0;
  decoder.readInt32();
  decoder.readTaggedFields();
  return { errorCode, name, partitions, id: id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') };
}

function skipPartition(decoder: Decoder): void {
  decoder.readInt16();
  for (let i = 0; i < 3; i += 1) decoder.readInt32();
  for (let i = 0; i < 3; i += 1) decoder.readUVarIntArray((nodes) => nodes.readInt32());
  decoder.readTaggedFields();
}
