/**
 * Ids of topics. A topic that was deleted and made again under its name has another id, and other records at the same offsets.
 * The library stops at version 6 of the metadata request, which knows no ids: this is version 11 (Kafka 2.8 and newer), sent over
 * the library's own connections.
 */

import { createRequire } from 'node:module';
import type { KafkaClient } from './client.ts';
import { libraryOf } from './library.ts';

interface Encoder {
  writeBoolean(value: boolean): Encoder;
  writeBuffer(value: Buffer): Encoder;
  writeUVarInt(value: number): Encoder;
  writeUVarIntString(value: string): Encoder;
}

interface Decoder {
  readInt16(): number;
  readInt32(): number;
  readBoolean(): boolean;
  readBytes(length: number): Buffer;
  readUVarIntString(): string | null;
  readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null;
  readTaggedFields(): unknown;
}

interface Broker {
  /** What the broker speaks, by the number of the request. */
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>;
  readonly connectionPool: { send(exchange: object): Promise<TopicId[]> };
}

interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  readonly brokerPool: { withBroker<T>(work: (found: { broker: Broker }) => Promise<T>): Promise<T> };
}

interface TopicId {
  readonly errorCode: number;
  readonly name: string | null;
  /** UUID, lower case with dashes. */
  readonly id: string;
}

const load = createRequire(import.meta.url);
const EncoderClass = load('kafkajs/src/protocol/encoder') as new () => Encoder;
const DecoderClass = load('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder;

const METADATA = 3;
const VERSION = 11;
const NO_ID = '00000000-0000-0000-0000-000000000000';

/**
 * The id of each topic that the cluster knows; topics that it does not know, and those of brokers older than Kafka 2.8, are left
 * out.
 */
export async function topicIds(kafka: KafkaClient, names: readonly string[]): Promise<Map<string, string>> {
  const cluster = clusterOf(kafka);
  await cluster.connect();
  try {
    // Makes the brokers of the cluster known.
    await cluster.refreshMetadata();
    return await cluster.brokerPool.withBroker(async ({ broker }) => {
      if ((broker.versions[METADATA]?.maxVersion ?? 0) < VERSION) return new Map<string, string>();
      const topics = await broker.connectionPool.send({ request: request(names), response: { decode, parse } });
      const known = topics.filter(({ errorCode, id }) => errorCode === 0 && id !== NO_ID);
      return new Map(known.map(({ name, id }) => [name ?? '', id]));
    });
  } finally {
    await cluster.disconnect();
  }
}

function clusterOf(kafka: KafkaClient): Cluster {
  const library = libraryOf(kafka) as unknown as Record<symbol, (options: object) => Cluster>;
  const name = Object.getOwnPropertySymbols(library).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  const make = name === undefined ? undefined : library[name];
  if (make === undefined) throw new TypeError('this version of kafkajs does not let its connections be used');
  return make.call(library, { allowAutoTopicCreation: false });
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

async function decode(payload: Buffer): Promise<TopicId[]> {
  const decoder = new DecoderClass(payload);
  decoder.readTaggedFields();
  decoder.readInt32();
  decoder.readUVarIntArray(skipBroker);
  decoder.readUVarIntString();
  decoder.readInt32();
  return decoder.readUVarIntArray(readTopic) ?? [];
}

/** As decoded: a topic's error is its own. */
async function parse(topics: TopicId[]): Promise<TopicId[]> {
  return topics;
}

function skipBroker(decoder: Decoder): void {
  decoder.readInt32();
  decoder.readUVarIntString();
  decoder.readInt32();
  decoder.readUVarIntString();
  decoder.readTaggedFields();
}

function readTopic(decoder: Decoder): TopicId {
  const errorCode = decoder.readInt16();
  const name = decoder.readUVarIntString();
  const id = decoder.readBytes(16).toString('hex');
  decoder.readBoolean();
  decoder.readUVarIntArray(skipPartition);
  decoder.readInt32();
  decoder.readTaggedFields();
  return { errorCode, name, id: id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') };
}

function skipPartition(decoder: Decoder): void {
  decoder.readInt16();
  for (let i = 0; i < 3; i += 1) decoder.readInt32();
  for (let i = 0; i < 3; i += 1) decoder.readUVarIntArray((nodes) => nodes.readInt32());
  decoder.readTaggedFields();
}
