/**
 * How full the disks of the brokers are: version 4 of the request for log directories (Kafka 3.3 and newer), which the library
 * does not have.
 */

import type { KafkaClient } from './client.ts';
import { type Broker, clusterOf, type Decoder, DecoderClass, EncoderClass } from './raw-requests.ts';

/** A folder in which a broker keeps its partitions. */
export interface BrokerDisk {
  readonly broker: number;
  readonly directory: string;
  /** Of the volume that holds the folder. */
  readonly totalBytes: number;
  /** What is left for the broker on it. */
  readonly freeBytes: number;
}

const DESCRIBE_LOG_DIRS = 35;
const VERSION = 4;

/** Every folder of every broker; none of a broker that is older, or that does not know its disk's size. */
export async function brokerDisks(kafka: KafkaClient): Promise<BrokerDisk[]> {
  const cluster = clusterOf(kafka);
  await cluster.connect();
  try {
    await cluster.refreshMetadata();
    const nodes = Object.keys(cluster.brokerPool.brokers);
    return (await Promise.all(nodes.map(async (nodeId) => disksOf(await cluster.findBroker({ nodeId }))))).flat();
  } finally {
    await cluster.disconnect();
  }
}

async function disksOf(broker: Broker): Promise<BrokerDisk[]> {
  if ((broker.versions[DESCRIBE_LOG_DIRS]?.maxVersion ?? 0) < VERSION) return [];
  const found = await broker.connectionPool.send<Omit<BrokerDisk, 'broker'>[]>({
    request,
    response: { decode, parse },
  });
  return found.filter(({ totalBytes }) => totalBytes >= 0).map((disk) => ({ broker: broker.nodeId, ...disk }));
}

const request = {
  apiKey: DESCRIBE_LOG_DIRS,
  apiVersion: VERSION,
  apiName: 'DescribeLogDirs',
  async encode() {
    // The tagged fields of the header, no topics (the folders alone are asked for), the tagged fields of the body.
    return new EncoderClass().writeUVarInt(0).writeUVarInt(1).writeUVarInt(0);
  },
};

async function decode(payload: Buffer): Promise<Omit<BrokerDisk, 'broker'>[]> {
  const decoder = new DecoderClass(payload);
  decoder.readTaggedFields();
  decoder.readInt32();
  decoder.readInt16();
  return decoder.readUVarIntArray(readFolder) ?? [];
}

async function parse<Answer>(answer: Answer): Promise<Answer> {
  return answer;
}

function readFolder(decoder: Decoder): Omit<BrokerDisk, 'broker'> {
  decoder.readInt16();
  const directory = decoder.readUVarIntString() ?? '';
  decoder.readUVarIntArray(skipTopic);
  const totalBytes = Number(decoder.readInt64().toString());
  const freeBytes = Number(decoder.readInt64().toString());
  decoder.readTaggedFields();
  return { directory, totalBytes, freeBytes };
}

function skipTopic(decoder: Decoder): void {
  decoder.readUVarIntString();
  decoder.readUVarIntArray((partition) => {
    partition.readInt32();
    partition.readInt64();
    partition.readInt64();
    partition.readBoolean();
    partition.readTaggedFields();
  });
  decoder.readTaggedFields();
}
