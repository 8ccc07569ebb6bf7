/** Where a broker listens and keeps its data. */
export interface BrokerPlace {
  readonly brokerPort: number;
  readonly controllerPort: number;
  readonly logDir: string;
  /** Over the settings of a broker for one machine. */
  readonly over?: Readonly<Record<string, string>>;
}

/** server.properties of a single broker that is its own controller, on 127.0.0.1 only. */
export function kafkaProperties({ brokerPort, controllerPort, logDir, over = {} }: BrokerPlace): string {
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${brokerPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${brokerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    // Java reads a backslash in a properties file as an escape.
    'log.dirs': logDir.replaceAll('\\', '\\\\'),
    'num.network.threads': 2,
    'num.io.threads': 2,
    'background.threads': 2,
    // Internal topics are made for three brokers by default and would never come up on one.
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    // A stack that was off for some weeks must still know how far its groups were.
    'offsets.retention.minutes': 525_600,
    'auto.create.topics.enable': false,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    // After kill -9 the new broker is refused until the old one's session has ended.
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 500,
    ...over,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** Log configuration: warnings and errors to the standard output, which goes to a capped file. */
export const log4jConfiguration = `<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR" shutdownHook="disable">
  <Appenders>
    <Console name="out"><PatternLayout pattern="%d{ISO8601} %p %m (%c)%n"/></Console>
  </Appenders>
  <Loggers>
    <Root level="WARN"><AppenderRef ref="out"/></Root>
  </Loggers>
</Configuration>
`;
