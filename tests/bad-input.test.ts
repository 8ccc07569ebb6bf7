import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Chain } from '../local/chain/start-chain.ts';
import { DEAD_LETTER_HEADERS } from '../runtime/kafka/dead-letters.ts';
import { connectProducer } from '../runtime/kafka/producer.ts';
import { foreignRecord } from '../runtime/kafka/testing/registered-schema.ts';
import type { TopicKey } from '../schemas/topics.ts';
import { expectedClaims, expectedRoots, type NodeTransaction, readRecording } from './recorded/expected-roots.ts';
import { type AlteredRpc, startAlteredRpc } from './testing/altered-rpc.ts';
import { postGraphql, servedRoots } from './testing/gateway.ts';
import { Platform } from './testing/platform.ts';
import { EPOCH_DURATION_SLOTS, RECORDING, rootLines, startRecordedChain } from './testing/recorded-chain.ts';
import type { RoleProcess } from './testing/role-process.ts';
import { testStack } from './testing/stack.ts';
import { until } from './testing/until.ts';

const MINT = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
const recording = readRecording(RECORDING);
/** Transactions of one claim each whose answers make no sense. */
const garbled = [0, 90, 185].map((at) => expectedClaims(recording, EPOCH_DURATION_SLOTS)[at]?.signature ?? '');
const EXPECTED = expectedRoots(
  recording.filter(({ transaction }) => !garbled.includes(transaction.signatures[0] ?? '')),
  EPOCH_DURATION_SLOTS,
);

/** What is no record of this platform: text, somebody else's record, half a schema id, nothing at all. */
const UNREADABLE: { value: Buffer | null; code: string }[] = [
  { value: Buffer.from('this is no record'), code: 'RECORD_MALFORMED' },
  { value: Buffer.from([0, 0, 0]), code: 'RECORD_MALFORMED' },
  { value: null, code: 'RECORD_MALFORMED' },
];
const TOPICS: readonly TopicKey[] = ['streamEvents', 'roots', 'settlements'];

let chain: Chain;
let rpc: AlteredRpc;
let platform: Platform;
let gatewayUrl: string;
let roles: RoleProcess[];

/** The same answer by itself and within its block. */
function garble(method: string, _params: readonly unknown[], result: unknown): unknown {
  if (result === null) return result;
  if (method === 'getTransaction') return garbledTransaction(result as NodeTransaction);
  if (method !== 'getBlock') return result;
  const block = result as { transactions?: NodeTransaction[] };
  return { ...block, transactions: block.transactions?.map(garbledTransaction) };
}

function garbledTransaction(answer: NodeTransaction): NodeTransaction {
  const { signatures, message } = answer.transaction;
  if (!garbled.includes(signatures[0] ?? '')) return answer;
  const instructions = 'none of them' as unknown as NodeTransaction['transaction']['message']['instructions'];
  return { ...answer, transaction: { ...answer.transaction, message: { ...message, instructions } } };
}

/** Dead letters as `role topic code`, sorted. */
async function letters(): Promise<string[]> {
  const names = new Map(Object.entries(platform.topics).map(([key, name]) => [name, key]));
  return (await platform.records(platform.topics.deadLetters))
    .map(({ headers }) => {
      const topic = headers[DEAD_LETTER_HEADERS.topic] ?? '';
      return `${headers[DEAD_LETTER_HEADERS.role]} ${names.get(topic) ?? topic} ${headers[DEAD_LETTER_HEADERS.code]}`;
    })
    .sort();
}

beforeAll(async () => {
  chain = await startRecordedChain();
  rpc = await startAlteredRpc(chain.rpcUrl, garble);
  platform = await Platform.create({
    ANCHOR_PROVIDER_URL: rpc.rpcUrl,
    ANCHOR_WS_URL: chain.wsUrl,
    MINT_PUBKEY: MINT,
    AUTO_PUBLISH: 'false',
  });
  UNREADABLE.push({ value: await foreignRecord(testStack().registryUrl), code: 'SCHEMA_FOREIGN' });
  const producer = await connectProducer(platform.kafka);
  for (const key of [...TOPICS, 'cursors' as const]) {
    const topic = platform.topics[key];
    const records = UNREADABLE.filter(({ value }) => key !== 'cursors' || value !== null);
    await producer.send(records.map(({ value }) => ({ topic, key: 'listener-1', value, partition: 0 })));
  }
  await producer.disconnect();
  const started = await platform.startAll('listen', 'process', 'sink', 'settle', 'gateway');
  roles = Object.values(started);
  gatewayUrl = await started.gateway.startedField('gateway');
});

afterAll(async () => {
  await platform?.stop();
  await rpc?.stop();
  await chain?.stop();
});

describe('records that nobody can read, on every topic', () => {
  it('go to the dead letters of each reader, with topic and code, and everything behind them is processed', async () => {
    const served = await until('every root is served', async () => {
      const roots = await servedRoots(gatewayUrl);
      return roots.length >= EXPECTED.length && roots;
    });
    expect(rootLines(served)).toEqual(rootLines(EXPECTED));

    const expected = [
      ...garbled.map(() => 'listener solana TRANSACTION_MALFORMED'),
      ...UNREADABLE.flatMap(({ code }) => [
        `process streamEvents ${code}`,
        ...TOPICS.map((topic) => `sink ${topic} ${code}`),
        `settle roots ${code}`,
      ]),
    ].sort();
    await until('every dead letter is written', async () => (await letters()).length >= expected.length);
    expect(await letters()).toEqual(expected);
  });

  it('are listed by ao dlq with their bytes', async () => {
    const { status, stdout } = await platform.ao('dlq', 'list', '--json', '--code', 'SCHEMA_FOREIGN');
    expect(status).toBe(0);
    const listed = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { code: string; value: string });
    expect(listed).toHaveLength(1 + TOPICS.length + 1);
    for (const { code, value } of listed) {
      expect(code).toBe('SCHEMA_FOREIGN');
      expect(value).toBe(UNREADABLE.at(-1)?.value?.toString('base64'));
    }
  });
});

describe('transactions that do not decode', () => {
  it('go to the dead letters with the answer of the node, and the rest of the history is counted', async () => {
    const records = await platform.records(platform.topics.deadLetters);
    const raw = records.filter(({ headers }) => headers[DEAD_LETTER_HEADERS.role] === 'listener');
    const kept = raw.map(({ value }) => (JSON.parse(value.toString()) as NodeTransaction).transaction.signatures[0]);
    expect(kept.sort()).toEqual([...garbled].sort());
  });
});

describe('requests that make no sense', () => {
  it.each([
    ['no query', '{}'],
    ['GraphQL that does not parse', JSON.stringify({ query: '{ roots(first: ' })],
    ['a field that is not there', JSON.stringify({ query: '{ treasure }' })],
    ['an address that is none', JSON.stringify({ query: '{ claims(user: "nobody") { edges { cursor } } }' })],
    ['an epoch that is none', JSON.stringify({ query: '{ root(channel: "a", epoch: "-1") { root } }' })],
    ['a cursor that is none', JSON.stringify({ query: '{ roots(after: "?") { edges { cursor } } }' })],
    ['a page that is too long', JSON.stringify({ query: '{ roots(first: 100000) { edges { cursor } } }' })],
  ])('are refused with a status of 400 or an error that says why: %s', async (_what, body) => {
    const { status, errors } = await postGraphql(gatewayUrl, body);
    expect([200, 400]).toContain(status);
    const [error] = errors ?? [];
    expect(error?.message).toMatch(/\w{3,}/);
    expect(error?.extensions?.code).toMatch(/^[A-Z_]+$/);
    expect(error?.extensions?.code).not.toBe('INTERNAL_SERVER_ERROR');
  });

  it.each([
    ['GET', '/api/v1/claims/nobody', undefined, 400],
    ['GET', '/api/v1/epochs/first/channels/a', undefined, 400],
    ['GET', '/api/v1/epochs/999999/channels/a', undefined, 404],
    ['POST', '/api/v1/verify', '{"root": 1}', 400],
    ['POST', '/api/v1/verify', '{"root": ', 400],
    ['POST', '/graphql', '{"query": ', 400],
    ['GET', '/api/v9/claims', undefined, 404],
  ])('outside of GraphQL are refused with a status and a text: %s %s', async (method, path, body, expectedStatus) => {
    const response = await fetch(gatewayUrl + path, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    });
    expect(response.status).toBe(expectedStatus);
    const answer = (await response.json()) as { error: string; message: string };
    expect(answer.error).toMatch(/^[a-z_]+$/);
    expect(answer.message).toMatch(/\w{3,}/);
  });
});

describe('after all that', () => {
  it('every role is the process that was started', () => {
    for (const role of roles) expect(() => process.kill(role.pid, 0)).not.toThrow();
  });
});

describe('a wrong variable', () => {
  it.each(['listen', 'process', 'sink', 'settle', 'gateway'])(
    'ends ao %s with status 2 and a list of everything that is wrong',
    async (command) => {
      const wrong = await platform.start(command, {
        env: { KAFKA_PARTITIONS: 'many', LOG_LEVEL: 'loud', KAFKA_BROKERS: 'nowhere' },
        ready: false,
      });
      expect(await wrong.exited).toBe('status 2');
      for (const name of ['KAFKA_PARTITIONS', 'LOG_LEVEL', 'KAFKA_BROKERS']) {
        expect(wrong.output()).toMatch(new RegExp(`^ +${name}: .+`, 'm'));
      }
    },
  );
});
