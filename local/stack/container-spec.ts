import type { PartName } from './decide.ts';
import { databaseName, databaseUser } from './postgres-access.ts';

/** What is run in a container for a part. */
export interface ContainerSpec {
  readonly image: string;
  /** The port that it listens on inside. */
  readonly port: number;
  /** Where its data is inside; a named volume is mounted there. */
  readonly dataPath: string;
  readonly env: Readonly<Record<string, string>>;
  /** User inside, where the image's own cannot write a fresh volume. */
  readonly user?: string;
  /** How clients reach it from this machine. */
  readonly address: string;
}

/** Image, settings and address of a part that is published on the given port of 127.0.0.1. */
export function containerSpec(part: PartName, hostPort: number, password: string): ContainerSpec {
  switch (part) {
    case 'kafka':
      return {
        image: 'apache/kafka:4.4.0',
        port: 9092,
        dataPath: '/var/lib/kafka/data',
        env: {
          KAFKA_NODE_ID: '1',
          KAFKA_PROCESS_ROLES: 'broker,controller',
          KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
          KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
          KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9092,CONTROLLER://localhost:9093',
          KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${hostPort}`,
          KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
          KAFKA_LOG_DIRS: '/var/lib/kafka/data',
          KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
          KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '1',
          KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
          KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
          KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '1',
          KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
          KAFKA_OFFSETS_RETENTION_MINUTES: '525600',
          KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
        },
        address: `127.0.0.1:${hostPort}`,
      };
    case 'registry':
      return {
        image: 'apicurio/apicurio-registry:3.0.9',
        port: 8080,
        dataPath: '/data',
        env: {
          APICURIO_STORAGE_KIND: 'sql',
          APICURIO_STORAGE_SQL_KIND: 'h2',
          APICURIO_DATASOURCE_URL: 'jdbc:h2:file:/data/registry;WRITE_DELAY=0',
        },
        user: '0',
        address: `http://127.0.0.1:${hostPort}/apis/ccompat/v7`,
      };
    case 'postgres':
      return {
        image: 'postgres:18-alpine',
        port: 5432,
        dataPath: '/var/lib/postgresql',
        env: { POSTGRES_USER: databaseUser, POSTGRES_PASSWORD: password, POSTGRES_DB: databaseName },
        address: `postgresql://${databaseUser}:${password}@127.0.0.1:${hostPort}/${databaseName}`,
      };
  }
}
