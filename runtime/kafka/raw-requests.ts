/**
 * Requests that the library does not have, sent over its own connections: what it takes to write and read them. For the files of
 * this folder alone.
 */

import { createRequire } from 'node:module';
import type { KafkaClient } from './client.ts';
import { libraryOf } from './library.ts';

export interface Encoder {
  writeBoolean(value: boolean): Encoder;
  writeBuffer(value: Buffer): Encoder;
  writeUVarInt(value: number): Encoder;
  writeUVarIntString(value: string): Encoder;
}

export interface Decoder {
  readInt16(): number;
  readInt32(): number;
  readInt64(): { toString(): string };
  readBoolean(): boolean;
  readBytes(length: number): Buffer;
  readUVarIntString(): string | null;
  readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null;
  readTaggedFields(): unknown;
}

export interface Broker {
  readonly nodeId: number;
  /** What the broker speaks, by the number of the request. */
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>;
  readonly connectionPool: { send<Answer>(exchange: object): Promise<Answer> };
}

export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  metadata(asked: {
    topics: readonly string[];
  }): Promise<{ topicMetadata: { topic: string; partitionMetadata: object[] }[] }>;
  findBroker(asked: { nodeId: string }): Promise<Broker>;
  readonly brokerPool: {
    /** By node id, once the metadata is known. */
    readonly brokers: Readonly<Record<string, unknown>>;
    withBroker<T>(work: (found: { broker: Broker }) => Promise<T>): Promise<T>;
  };
}

const load = createRequire(import.meta.url);
export const EncoderClass = load('kafkajs/src/protocol/encoder') as new () => Encoder;
export const DecoderClass = load('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder;

/** The library's view of the cluster; not connected yet. @throws TypeError when the library does not lend it. */
export function clusterOf(kafka: KafkaClient): Cluster {
  const library = libraryOf(kafka) as unknown as Record<symbol, (options: object) => Cluster>;
  const name = Object.getOwnPropertySymbols(library).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  const make = name === undefined ? undefined : library[name];
  if (make === undefined) throw new TypeError('this version of kafkajs does not let its connections be used');
  return make.call(library, { allowAutoTopicCreation: false });
}
