/**
 * Every code that an error of the platform may carry, each with its one meaning. Stable: alerts, dead letters, ledgers and
 * tests name them. A code is never reused for another meaning.
 */
export const ERROR_CODES = {
  // Settings, files and commands
  CONFIG_INVALID: 'variables of the configuration are missing or wrong',
  ARGUMENT_INVALID: 'an argument of a function or command is missing or wrong',
  OPTION_MISSING: 'a command needs an option that was not given',
  OPTION_INVALID: "an option's value is wrong",
  PORT_TAKEN: 'another process listens on the port',
  KEYPAIR_UNREADABLE: 'the keypair file cannot be read',
  KEYPAIR_EXPOSED: 'others may read the keypair file',
  KEYPAIR_MALFORMED: 'the keypair file holds no keypair',
  NDJSON_LOG_UNUSABLE: 'the folder of the event log cannot be written',
  STOPPED: 'the role was asked to stop',
  NO_ANSWER_YET: 'what a role waits for at its start has not answered yet',
  UNEXPECTED: 'a state that the code excludes: a bug',

  // Kafka and the schema registry
  KAFKA_UNREACHABLE: 'no broker answers a tool',
  GROUP_ACTIVE: 'the consumer group has members, so its offsets must not be moved',
  PARTITIONS_CHANGED: 'a topic has another number of partitions than this deployment',
  TOPIC_UNSAFE: 'an existing topic has settings by which it can lose records',
  KAFKA_FORBIDDEN: 'the Kafka user may not do what the role needs',
  TOPIC_REPLACED: 'a topic is another one than the one whose records were taken in',
  TOPIC_CUT: 'a partition ends before the position that was reached in it',
  RECORDS_GONE: 'a partition no longer holds records that were not taken in yet',
  PARTITION_NOT_READY: 'the partition was handed away while its batch was processed',
  POSITION_MOVED: 'another member of the group has moved the partition on',
  TRANSACTION_FAILED: 'a Kafka transaction failed; its outcome is unknown',
  PRODUCER_FENCED: 'another process took the transactional id over',
  CHECKPOINT_RULES_CHANGED: 'the group has emitted roots under other rules than those configured',
  REGISTRY_UNAVAILABLE: 'the schema registry does not answer as it should',
  SCHEMA_INCOMPATIBLE: 'the registry refuses a schema of this release',
  SCHEMA_UNKNOWN: 'the registry does not know the schema of a record',
  SCHEMA_NEWER: 'a record of a newer release, of which this one does not understand what matters',
  SCHEMA_FOREIGN: 'a record whose schema is none of this platform',
  RECORD_INVALID: 'a value to be written does not fit its schema: a bug of the writer',
  RECORD_MALFORMED: 'a record is no Avro record in the Confluent wire format, or does not decode',
  RECORD_UNEXPECTED: 'a record of another kind than the topic is for',
  RECORD_UNSTORABLE: 'the database cannot hold a value of the record',

  // Claims, watermarks and roots
  CLAIM_INVALID: 'a claim that cannot stand in a tree',
  WATERMARK_INVALID: 'a watermark that proves no range of slots',
  LATE_EVENT: 'a counted claim that came after the roots of its epoch',
  ROOT_INVALID: 'a root that is not 64 lower-case hexadecimal digits',
  ROOT_CONFLICT: 'two different roots of one channel and epoch',

  // PostgreSQL
  DATABASE_FORBIDDEN: 'the database user may not do what the role needs',
  DATABASE_SESSION_WRONG: 'the connection does not have the settings that it asked for: a pooler stands between',
  TABLES_FOREIGN: 'the schema holds tables that others made',
  MIGRATION_MISNAMED: 'a migration file is named against the rule',
  MIGRATION_CHANGED: 'an applied migration file has other contents now',
  MIGRATION_FAILED: 'a migration failed; nothing of it was kept',
  NUMBER_UNSAFE: 'a column holds a number that JavaScript cannot hold exactly',
  TREE_MISSING: 'the tree of a root is not stored yet',

  // Solana RPC
  RPC_UNAVAILABLE: 'an RPC endpoint cannot be reached or does not answer in time',
  RPC_RATE_LIMITED: 'an RPC endpoint asks to be left alone for a while',
  RPC_NODE_BEHIND: 'the node has not reached the slot it is asked about',
  RPC_FAILED: 'the node answers with an error that may pass',
  RPC_REJECTED: 'the node refuses the request as it is',
  RPC_METHOD_MISSING: 'the node lacks the method',
  RPC_MALFORMED: 'an answer is not of the form that the method has',
  RPC_INCOMPLETE: 'an answer lacks a part that the method has',
  TRANSACTION_VERSION_UNSUPPORTED: 'a transaction of a version that this release does not ask for',
  ANSWER_CONTRADICTS: 'an answer of a node contradicts another one of it, or of another node',
  TRANSACTION_NOT_FOUND: 'a listed signature whose transaction the node does not give',
  SIGNATURE_UNKNOWN: 'a signature that the node does not know',
  SIGNATURE_NOT_FINAL: 'a signature that is not final yet',
  HISTORY_TOO_SHORT: 'the node no longer holds the history that is asked for',
  CHAIN_DIFFERS: 'an RPC endpoint is of another chain than the one read until now, or than another endpoint',
  CHAIN_UNKNOWN: 'an RPC endpoint does not say which chain it is of',
  TIP_BELOW_CURSOR: 'the chain has finalised less than what the listener has proven on it',
  RANGE_UNPROVEN: 'nothing shows that the signatures of a range of slots are all there',
  BLOCK_TIME_UNKNOWN: 'the node gives no block time near a slot',
  WALK_STUCK: 'the node repeats a page of signatures',
  CHUNK_UNPROVEN: 'walks over a stretch of history do not agree',
  STATE_READ_BACK: 'the listener read its state back from the topics meanwhile',
  RANGE_INVALID: 'a range of slots that ends before it begins',
  RANGE_NOT_FINAL: 'a range of slots that is not final yet',

  // Legacy aggregator
  AGGREGATOR_MISCONFIGURED:
    'the legacy aggregator answers in a way that no event could mend: wrong URL, token or method',
  AGGREGATOR_REFUSED: 'the legacy aggregator refuses an event',

  // The local network and the benchmarks
  ALLOCATIONS_CLAIMED: 'the fans have claimed all that was allocated, and no root is settled for them to claim from',
  ACCOUNTS_FILE_INVALID: 'the accounts file of the local chain cannot be used',
  CHAIN_OPTIONS_CONFLICT: 'options of the local chain that exclude each other',
  CHAIN_PORT_UNAVAILABLE: 'the local chain cannot listen on its port',
  JOURNAL_INVALID: "the local chain's journal cannot be read",
  RECORDING_UNREADABLE: 'the recording of the local chain cannot be read',
  RECORDING_INVALID: 'the recording of the local chain holds a line that is no transaction',
  EXTERNAL_PART_REFUSES: 'a part that was given by its address refuses the user, the password or the database',
  ROLE_HOPELESS: 'a role ends again and again for a reason that starting it once more does not mend',
  STACK_BAD_OPTION: 'AO_STACK has an unknown value',
  STACK_IN_USE: 'another stack runs on the data folder',
  STACK_NO_ENGINE: 'no container engine answers',
  STACK_NO_JARS: 'the jars of broker or registry are missing',
  STACK_NO_JAVA: 'no Java that is new enough is here',
  STACK_NO_POSTGRES: 'no PostgreSQL can be had on this machine',
  STACK_PART_FAILED: 'a part of the local stack did not start',
  STACK_PORT_TAKEN: 'a port for a part of the local stack is in use',
  BENCH_CHILD_ENDED: 'a process of a benchmark ended early',
  BENCH_CHILD_FAILED: 'a process of a benchmark reports an error',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
