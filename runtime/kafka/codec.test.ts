import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type { Cursor, RootFinalized, SettlementRecord, SlotWatermark, StreamEvent } from '../../schemas/records.ts';
import { RECORD_NAMES, type RecordName, type Records, schemaText } from '../../schemas/records.ts';
import type { Schema, SchemaObject } from '../../schemas/testing/schema-variations.ts';
import { writerType } from '../../schemas/writer-type.ts';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { RecordCodec, type RegistrySettings, subjectOf } from './codec.ts';
import { type FalseAnswer, type FaultyRegistry, startFaultyRegistry } from './testing/faulty-registry.ts';
import { framed, registerSchema } from './testing/registered-schema.ts';
import { topicNames } from './topics.ts';

const watermark: SlotWatermark = {
  ...{ source: 'listener', fromSlot: 0, slot: 5, blockTime: 1_700_000_000, method: 'signature-walk', signatures: 3 },
  endpoint: 'rpc.example',
};
const root: RootFinalized = {
  ...{ channel: 'kaicenat', epoch: 2n ** 64n - 1n, root: 'ab'.repeat(32), count: 3, recipe: 'claim-v0' },
  ...{ oddNode: 'duplicate', startSlot: 10, endSlot: 19, finalizedSlot: 40, finalizedAt: 1_700_000_000_000 },
  ...{ sourcePartition: 1, sourceOffset: 7 },
};
const settlement: SettlementRecord = {
  ...{ channel: 'kaicenat', epoch: 9n, root: 'ab'.repeat(32), status: 'FINALIZED', attempt: 1, signature: 'sig' },
  ...{ lastValidBlockHeight: 300, slot: 200, feeLamports: 5000n, computeUnits: 30_000, reason: null },
  ...{ rootPartition: 1, rootOffset: 7, at: 1_700_000_000_000, worker: 'w' },
};
const cursor: Cursor = {
  ...{ listener: 'a', fromSlot: 0, slot: 5, signature: null, blockTime: 1, updatedAt: 2 },
  genesisHash: null,
  resumeOffsets: [{ partition: 0, offset: 7 }],
};
const claim: StreamEvent = {
  ...{ eventId: 'sig/0', timestamp: '2025-11-18T00:00:00.000Z', slot: 7, signature: 'sig' },
  tx: {
    ...{ version: '0', blockTime: 1_763_424_000, feePayer: 'payer', signers: ['payer'] },
    ...{ feeLamports: 5000n, computeUnits: null, error: null },
  },
  instruction: {
    ...{ program: 'Attention Oracle', action: 'claim', name: 'claim_channel_open' },
    data: {
      ...{ claimer: 'claimer', epoch: 881n, index: 3, amount: 2n ** 64n - 1n, id: 'lacy:fan' },
      ...{ root: null, requireReceipt: null, mintReceipt: null },
    },
  },
  ...{ channel: 'lacy', channelAsSeen: 'Lacy', protocolState: 'state', succeeded: true, commitment: 'confirmed' },
  ...{ retracted: false, source: 'listener-1', decoderVersion: 1, raw: Buffer.from('00', 'hex') },
};
const decision: Records['SettlementDecision'] = {
  ...{ action: 'APPROVE', channel: 'lacy', epoch: 2n ** 64n - 1n, root: 'ab'.repeat(32) },
  ...{ who: 'ada', why: 'the launch', at: 1_763_424_000_000 },
};
const VALUES: Records = {
  StreamEvent: claim,
  SlotWatermark: watermark,
  RootFinalized: root,
  SettlementRecord: settlement,
  SettlementDecision: decision,
  Cursor: cursor,
};

/** What a newer release would change: its schema, and the value as it writes it. */
type Newer = (schema: SchemaObject) => void;

const faults: FaultyRegistry[] = [];
let settings: RegistrySettings;
let codec: RecordCodec;

beforeAll(async () => {
  settings = { SCHEMA_REGISTRY_URL: testStack().registryUrl, KAFKA_NAMESPACE: `${uniqueName('codec')}.` };
  codec = await RecordCodec.connect(settings);
});
afterEach(async () => {
  for (const registry of faults.splice(0)) await registry.stop();
});

const register = (schema: unknown): Promise<number> => registerSchema(settings.SCHEMA_REGISTRY_URL, schema);

/** The bytes of a value as a newer release writes it. */
async function writtenBy(
  name: RecordName,
  change: Newer,
  wire: (value: Record<string, unknown>) => void,
): Promise<Buffer> {
  const schema = JSON.parse(schemaText(name)) as SchemaObject;
  change(schema);
  const value = onWire(schema, VALUES[name]) as Record<string, unknown>;
  wire(value);
  return framed(await register(schema), writerType(schema).toBuffer(value));
}

/** Ours to what stands on the wire, where the shapes agree. */
function onWire(schema: Schema, value: unknown): unknown {
  if (typeof schema === 'string') return value;
  if (Array.isArray(schema)) {
    const branch = schema.find((each) => each !== 'null') ?? 'null';
    if (value === null || value === undefined) return null;
    // Every branch of ours is a primitive, or a logical type on one.
    const name = typeof branch === 'string' ? branch : (branch as { type: string }).type;
    return { [name]: onWire(branch, value) };
  }
  if (schema.fields !== undefined) {
    const record = value as Record<string, unknown>;
    return Object.fromEntries(schema.fields.map(({ name, type }) => [name, onWire(type, record[name])]));
  }
  if (schema.items !== undefined) return (value as unknown[]).map((item) => onWire(schema.items ?? 'null', item));
  return typeof value === 'bigint' ? value.toString() : value;
}

const addField: Newer = (schema) =>
  schema.fields?.splice(1, 0, { name: 'added', type: ['null', 'string'], default: null });
const action = (schema: SchemaObject): SchemaObject => {
  const instruction = schema.fields?.find(({ name }) => name === 'instruction')?.type as SchemaObject;
  return instruction.fields?.find(({ name }) => name === 'action')?.type as SchemaObject;
};
const addAction: Newer = (schema) => action(schema).symbols?.push('fund');
const instructionOf = (event: Record<string, unknown>) =>
  event['instruction'] as { action: string; name: string; data: Record<string, unknown> };

async function decoded(bytes: Buffer, by = codec): Promise<unknown> {
  await by.prepare([bytes]);
  return by.decode(bytes);
}

describe('RecordCodec', () => {
  it.each(RECORD_NAMES)('gives back the %s that it wrote, u64 values exact', async (name) => {
    expect(await decoded(codec.encode(name, VALUES[name]))).toEqual({ name, value: VALUES[name] });
  });

  it('refuses to write a value that does not fit its schema', () => {
    expect(() => codec.encode('SlotWatermark', { ...watermark, slot: 1.5 })).toThrow(
      expect.objectContaining({ code: 'RECORD_INVALID' }),
    );
  });

  it.each([
    ['no value', null],
    ['text', Buffer.from('{"slot":1}')],
    ['a header alone', Buffer.from([0, 0, 0, 0])],
  ])('takes %s for malformed', async (_what, value) => {
    await codec.prepare([value]);
    expect(() => codec.decode(value)).toThrow(expect.objectContaining({ code: 'RECORD_MALFORMED', retryable: false }));
  });

  it('takes a record cut short for malformed', async () => {
    const bytes = codec.encode('SlotWatermark', watermark).subarray(0, 9);
    await expect(decoded(bytes)).rejects.toMatchObject({ code: 'RECORD_MALFORMED', retryable: false });
  });
});

describe('a record of another release', () => {
  it.each(RECORD_NAMES)('with one optional field more is read: %s', async (name) => {
    const bytes = await writtenBy(name, addField, (value) => (value['added'] = { string: 'x' }));
    expect(await decoded(bytes)).toEqual({ name, value: VALUES[name] });
    expect(await codec.understood([bytes])).toEqual({ count: 1, error: undefined });
  });

  it('with one optional field fewer is read, with the default', async () => {
    const drop =
      (field: string): Newer =>
      (schema) => {
        schema.fields = schema.fields?.filter(({ name }) => name !== field) ?? [];
      };
    const event = await writtenBy('StreamEvent', drop('channelAsSeen'), () => undefined);
    expect(await decoded(event)).toEqual({ name: 'StreamEvent', value: { ...claim, channelAsSeen: null } });
    const step = await writtenBy('SettlementRecord', drop('feeLamports'), () => undefined);
    expect(await decoded(step)).toEqual({ name: 'SettlementRecord', value: { ...settlement, feeLamports: null } });
  });

  it('whose schema has a symbol more is read where the symbol does not stand', async () => {
    expect(await decoded(await writtenBy('StreamEvent', addAction, () => undefined))).toEqual({
      name: 'StreamEvent',
      value: claim,
    });
  });

  it('with an action that this release does not know is `other` where it cannot be a claim', async () => {
    const bytes = await writtenBy('StreamEvent', addAction, (event) => {
      Object.assign(instructionOf(event), { action: 'fund', name: 'fund_channel' });
      Object.assign(instructionOf(event).data, { claimer: null });
    });
    expect(await decoded(bytes)).toMatchObject({ value: { instruction: { action: 'other', name: 'fund_channel' } } });
    expect(await codec.understood([bytes])).toMatchObject({ count: 1 });
  });

  it.each<[string, (event: Record<string, unknown>) => void]>([
    ['it names who claims', () => undefined],
    [
      'it is called a claim',
      (event) => {
        instructionOf(event).data['claimer'] = null;
        instructionOf(event).name = 'claim_later';
      },
    ],
  ])('with an action that this release does not know is held where it may be a claim: %s', async (_why, change) => {
    const bytes = await writtenBy('StreamEvent', addAction, (event) => {
      instructionOf(event).action = 'fund';
      change(event);
    });
    await expect(decoded(bytes)).rejects.toMatchObject({
      code: 'SCHEMA_NEWER',
      retryable: true,
      message: expect.stringMatching(/instruction\.action is fund.*may be a claim.*Run that release here/),
    });
    const after = codec.encode('SlotWatermark', watermark);
    expect(await codec.understood([after, bytes, after])).toMatchObject({ count: 1, error: { code: 'SCHEMA_NEWER' } });
  });

  it('with a status that this release does not know is held', async () => {
    const bytes = await writtenBy(
      'SettlementRecord',
      (schema) => (schema.fields?.find(({ name }) => name === 'status')?.type as SchemaObject).symbols?.push('LOST'),
      (value) => (value['status'] = 'LOST'),
    );
    await expect(decoded(bytes)).rejects.toMatchObject({ code: 'SCHEMA_NEWER', retryable: true });
  });

  it('of a kind that this release does not know is held', async () => {
    const schema = { type: 'record', name: 'ClaimCorrection', namespace: 'attentionoracle', fields: [] };
    const bytes = framed(await register(schema), Buffer.alloc(0));
    await expect(decoded(bytes)).rejects.toMatchObject({ code: 'SCHEMA_NEWER', retryable: true });
  });

  it('of somebody else is none of ours, and is put aside', async () => {
    const schema = { type: 'record', name: 'Order', namespace: 'shop', fields: [{ name: 'id', type: 'long' }] };
    const bytes = framed(await register(schema), Buffer.from([2]));
    await expect(decoded(bytes)).rejects.toMatchObject({ code: 'SCHEMA_FOREIGN', retryable: false });
    expect(await codec.understood([bytes])).toMatchObject({ count: 1 });
  });

  it('registered again as it is, under another id, is read as it is', async () => {
    const id = await register({ ...(JSON.parse(schemaText('Cursor')) as object), doc: 'another text' });
    const bytes = framed(id, codec.encode('Cursor', cursor).subarray(5));
    expect(await decoded(bytes)).toEqual({ name: 'Cursor', value: cursor });
  });
});

describe('a record that the registry does not explain', () => {
  async function behind(fault: (request: string) => FalseAnswer | undefined): Promise<RecordCodec> {
    const registry = await startFaultyRegistry(settings.SCHEMA_REGISTRY_URL);
    faults.push(registry);
    const connected = await RecordCodec.connect({ ...settings, SCHEMA_REGISTRY_URL: registry.url });
    registry.fault = fault;
    return connected;
  }

  it('because it does not know the schema is asked for again, and read once it does', async () => {
    const bytes = await writtenBy('SlotWatermark', addField, () => undefined);
    let isKnown = false;
    const notFound = { status: 404, body: '{"error_code":40403,"message":"Schema not found"}' };
    const reader = await behind(() => (isKnown ? undefined : notFound));
    for (let again = 0; again < 2; again += 1) {
      await expect(decoded(bytes, reader)).rejects.toMatchObject({
        code: 'SCHEMA_UNKNOWN',
        retryable: true,
        message: expect.stringMatching(/no schema \d+.*SCHEMA_REGISTRY_URL.*FOREIGN_SCHEMA_IDS/),
      });
    }
    isKnown = true;
    expect(await decoded(bytes, reader)).toEqual({ name: 'SlotWatermark', value: watermark });
  });

  it('is held with the real registry too, whatever the id', async () => {
    for (const id of [0x7ffffffe, 0, -5]) {
      const { count, error } = await codec.understood([framed(id, Buffer.from([1, 2, 3]))]);
      expect({ id, count, retryable: error?.retryable, code: error?.code }).toEqual({
        id,
        count: 0,
        retryable: true,
        code: 'SCHEMA_UNKNOWN',
      });
    }
  });

  it.each<[string, FalseAnswer]>([
    ['an error', { status: 500, body: '{"error_code":50001,"message":"store"}' }],
    ['an error page', { status: 502, body: '<html>Bad gateway</html>' }],
    ['nothing to be found, as any server would', { status: 404, body: '<html>Not found</html>' }],
    ['no access', { status: 401, body: '' }],
    ['no JSON', { status: 200, body: 'OK' }],
    ['null', { status: 200, body: 'null' }],
    ['JSON that is no schema', { status: 200, body: '{"status":"UP"}' }],
    ['a schema that is no JSON', { status: 200, body: '{"schema":"{"}' }],
    ['the beginning of an answer', 'cut'],
    ['never', 'hang'],
  ])('because it answers %s is asked for again', async (_what, answer) => {
    const bytes = await writtenBy('SlotWatermark', addField, () => undefined);
    let isWell = false;
    const reader = await behind((request) => (isWell || !request.includes('/schemas/ids/') ? undefined : answer));
    await expect(decoded(bytes, reader)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', retryable: true });
    isWell = true;
    expect(await decoded(bytes, reader)).toEqual({ name: 'SlotWatermark', value: watermark });
  });

  it('is put aside unread when its schema is named as nobody of ours', async () => {
    const told = await RecordCodec.connect({ ...settings, FOREIGN_SCHEMA_IDS: [0x7ffffffe] });
    const bytes = framed(0x7ffffffe, Buffer.from([1, 2, 3]));
    await expect(decoded(bytes, told)).rejects.toMatchObject({ code: 'SCHEMA_FOREIGN', retryable: false });
  });
});

describe('registering the schemas of a release', () => {
  it.each<[string, FalseAnswer]>([
    ['does not answer', 'hang'],
    ['cuts its answer off', 'cut'],
    ['answers with null', { status: 200, body: 'null' }],
    ['answers with an error that is null', { status: 500, body: 'null' }],
    ['answers with an error page', { status: 503, body: '<html>' }],
    ['gives no id', { status: 200, body: '{"id":"none"}' }],
  ])('is tried again later where the registry %s', async (_what, answer) => {
    const registry = await startFaultyRegistry(settings.SCHEMA_REGISTRY_URL);
    faults.push(registry);
    registry.fault = (request) => (request.startsWith('POST') ? answer : undefined);
    const fresh = { SCHEMA_REGISTRY_URL: registry.url, KAFKA_NAMESPACE: `${uniqueName('fault')}.` };
    await expect(RecordCodec.connect(fresh)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', retryable: true });
    registry.fault = () => undefined;
    await RecordCodec.connect(fresh);
  });

  it('is tried again later where nobody listens', async () => {
    const away = { ...settings, SCHEMA_REGISTRY_URL: 'http://127.0.0.1:9/apis/ccompat/v7' };
    await expect(RecordCodec.connect(away)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', retryable: true });
  });

  it('sends the credentials of the URL with each request, and only them', async () => {
    const registry = await startFaultyRegistry(settings.SCHEMA_REGISTRY_URL);
    faults.push(registry);
    const url = new URL(registry.url);
    url.username = 'us%40er';
    url.password = 'se:cret';
    const own = { SCHEMA_REGISTRY_URL: url.toString(), KAFKA_NAMESPACE: `${uniqueName('auth')}.` };
    const reader = await RecordCodec.connect(own);
    await decoded(await writtenBy('Cursor', addField, () => undefined), reader);
    expect(registry.requests).toContainEqual(expect.stringMatching(/^GET \/schemas\/ids\//));
    const expectedHeader = `Basic ${Buffer.from('us@er:se:cret').toString('base64')}`;
    expect([...registry.authorizations]).toEqual([expectedHeader]);
  });

  it('succeeds where a newer release has registered its own', async () => {
    const own = { SCHEMA_REGISTRY_URL: settings.SCHEMA_REGISTRY_URL, KAFKA_NAMESPACE: `${uniqueName('newer')}.` };
    await RecordCodec.connect(own);
    const schema = JSON.parse(schemaText('StreamEvent')) as SchemaObject;
    addAction(schema);
    addField(schema);
    const subject = subjectOf(topicNames(own).streamEvents, 'StreamEvent');
    await new SchemaRegistry({ host: own.SCHEMA_REGISTRY_URL }).register(
      { type: SchemaType.AVRO, schema: JSON.stringify(schema) },
      { subject },
    );
    const older = await RecordCodec.connect(own);
    expect(await decoded(older.encode('StreamEvent', claim), older)).toMatchObject({ name: 'StreamEvent' });
  });
});
