import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { base58Encode, bytesToHex } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { computeClaimLeaf } from '../merkle/leaves.ts';
import { rootOfProof } from '../merkle/proof.ts';
import { protocolStateAddress, treasuryAddress } from '../program/addresses.ts';
import { PROGRAM_ID } from '../program/program-id.ts';
import { decodeTransaction } from './decode-transaction.ts';
import {
  asBase64,
  asJsonParsed,
  type JsonAnswer,
  type RecordedTransaction,
  readRecordedTransactions,
} from './testing/recorded-transactions.ts';
import type { DecodedTransaction } from './transaction-types.ts';

const mint = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
let recorded: RecordedTransaction[];
let decoded: DecodedTransaction[];

beforeAll(() => {
  recorded = readRecordedTransactions();
  decoded = recorded.map(({ json }) => decodeTransaction(json));
});

function first(label: string): JsonAnswer {
  const found = recorded.find((transaction) => transaction.label === label);
  if (found === undefined) throw new Error(`no recorded transaction ${label}`);
  return structuredClone(found.json);
}

const codeOf = (response: unknown) => {
  try {
    decodeTransaction(response);
    return 'DECODED';
  } catch (error) {
    if (error instanceof AttentionOracleError) return error.code;
    throw error;
  }
};

describe('decodeTransaction on the recording', () => {
  it('finds 259 program instructions, 46 of them failed and 186 of them successful claims', () => {
    const events = decoded.flatMap(({ events, succeeded }) => events.map((event) => ({ ...event, succeeded })));
    expect(events).toHaveLength(259);
    expect(events.filter(({ succeeded }) => !succeeded)).toHaveLength(46);
    expect(events.filter(({ action, succeeded }) => action === 'claim' && succeeded)).toHaveLength(186);
    expect(events.filter(({ name }) => name === 'unknown')).toHaveLength(0);
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(259);
  });

  it('gives the same from base64 as from json', () => {
    expect(recorded.map((transaction) => decodeTransaction(asBase64(transaction)))).toEqual(decoded);
  });

  it('gives the same from jsonParsed as from json', () => {
    expect(recorded.map(({ json }) => decodeTransaction(asJsonParsed(json, PROGRAM_ID)))).toEqual(decoded);
  });

  it('reads claims whose proofs lead to the published roots', () => {
    const path = new URL('../../fixtures/recorded/trees.json', import.meta.url);
    const trees = JSON.parse(readFileSync(path, 'utf8')) as { channel: string; epoch: number; root: string }[];
    const roots = new Map(trees.map(({ channel, epoch, root }) => [`${channel}/${epoch}`, root]));
    const claims = decoded.filter(({ succeeded }) => succeeded).flatMap(({ events }) => events);
    let proven = 0;
    for (const { action, args, channelAsSeen, claimer } of claims) {
      if (action !== 'claim' || claimer === null) continue;
      const { index, amount, id, epoch, proof } = args as {
        index: number;
        amount: bigint;
        id: string;
        epoch: bigint;
        proof: Uint8Array[];
      };
      const root = rootOfProof(computeClaimLeaf({ claimer, index, amount, id }), proof);
      expect(bytesToHex(root)).toBe(roots.get(`${channelAsSeen}/${epoch}`));
      proven++;
    }
    expect(proven).toBe(186);
  });

  it('reads who pays, who signs, the fee and the time', () => {
    const twoUsers = recorded.findIndex(({ label }) => label === 'fee_payer_claims_for_two_users');
    const transaction = decoded[twoUsers] as DecodedTransaction;
    expect(transaction.events.map(({ claimer }) => claimer)).toEqual(transaction.signers.slice(1));
    expect(transaction.feePayer).toBe(transaction.signers[0]);
    expect(transaction.feeLamports).toBe(5000n * BigInt(transaction.signers.length));
    expect(transaction.computeUnits).toBe(recorded[twoUsers]?.json.meta.computeUnitsConsumed);
    expect(transaction.blockTime).toBe(recorded[twoUsers]?.json.blockTime);
    expect(transaction.slot).toBe(recorded[twoUsers]?.json.slot);
  });

  it('gives five events of one version 0 transaction identities in order', () => {
    const { version, signature, events } = decodeTransaction(first('v0_five_roots_one_tx'));
    expect(version).toBe(0);
    expect(events.map(({ eventId }) => eventId)).toEqual([0, 1, 2, 3, 4].map((i) => `${signature}/${i}`));
    expect(events.every(({ action, claimer }) => action === 'finalize' && claimer === null)).toBe(true);
  });

  it('names the protocol state and the accounts of a claim', () => {
    const event = decodeTransaction(first('claim')).events[0];
    expect(event?.protocolState).toBe(protocolStateAddress(mint)[0].toBase58());
    expect(event?.accounts[4]).toBe(treasuryAddress(mint)[0].toBase58());
    expect(event?.accounts[0]).toBe(event?.claimer);
  });

  it('names the error of each failed transaction', () => {
    const names = decoded.flatMap(({ programError }) => (programError === null ? [] : [programError.name]));
    expect(names.filter((name) => name === 'AlreadyClaimed').length).toBeGreaterThan(20);
    expect(new Set(names)).toEqual(new Set(['AlreadyClaimed', 'EpochNotIncreasing', 'Unauthorized']));
    expect(names).toHaveLength(decoded.filter(({ succeeded }) => !succeeded).length);
  });
});

describe('decodeTransaction', () => {
  it('reads an instruction that another program called, after its outer one', () => {
    const answer = first('claim');
    const { instructions, accountKeys } = answer.transaction.message;
    const outer = instructions.find(({ programIdIndex }) => accountKeys[programIdIndex] === PROGRAM_ID);
    if (outer === undefined) throw new Error('the recorded claim has no program instruction');
    const calls = answer.meta.innerInstructions?.[0]?.instructions ?? [];
    const caller = { ...outer, programIdIndex: accountKeys.indexOf('11111111111111111111111111111111') };
    answer.transaction.message.instructions = [caller, caller];
    answer.meta.innerInstructions = [{ index: 1, instructions: [...calls, outer, outer] }];
    const { events, signature } = decodeTransaction(answer);
    const at = calls.length;
    expect(events.map(({ eventId }) => eventId)).toEqual([`${signature}/1.${at}`, `${signature}/1.${at + 1}`]);
    expect(events[0]).toMatchObject({ outerIndex: 1, innerIndex: at, name: 'claim_channel_open' });
    expect(decodeTransaction(asJsonParsed(answer, PROGRAM_ID))).toEqual(decodeTransaction(answer));
  });

  it('numbers the calls of an instruction through when the node splits them over two groups', () => {
    const answer = first('claim');
    const outer = answer.transaction.message.instructions.at(-1);
    if (outer === undefined) throw new Error('the recorded claim has no instruction');
    const index = answer.transaction.message.instructions.length - 1;
    answer.meta.innerInstructions = [0, 1].map(() => ({ index, instructions: [outer] }));
    const ids = decodeTransaction(answer).events.map(({ eventId }) => eventId);
    expect(ids.slice(-2).map((id) => id.split('/')[1])).toEqual([`${index}.0`, `${index}.1`]);
  });

  it('resolves keys of lookup tables: static, then writable, then readonly', () => {
    const answer = first('claim');
    const plain = decodeTransaction(answer);
    const { accountKeys } = answer.transaction.message;
    const count = accountKeys.length;
    answer.version = 0;
    answer.meta.loadedAddresses = { writable: accountKeys.slice(1, 3), readonly: accountKeys.slice(3) };
    answer.transaction.message.accountKeys = accountKeys.slice(0, 1);
    expect(decodeTransaction(answer)).toEqual({ ...plain, version: 0 });
    expect(decodeTransaction(asJsonParsed(answer, PROGRAM_ID))).toEqual({ ...plain, version: 0 });
    answer.meta.loadedAddresses.readonly.pop();
    expect(count).toBeGreaterThan(4);
    expect(codeOf(answer)).toBe('TRANSACTION_MALFORMED');
  });

  it('reads a version 1 answer in json and jsonParsed', () => {
    const answer: JsonAnswer = { ...first('claim'), version: 1 };
    const expected = { ...decodeTransaction(first('claim')), version: 1 };
    expect(decodeTransaction(answer)).toEqual(expected);
    expect(decodeTransaction(asJsonParsed(answer, PROGRAM_ID))).toEqual(expected);
  });

  it('keeps an instruction that it cannot decode as unknown', () => {
    const answer = first('set_root');
    const { instructions, accountKeys } = answer.transaction.message;
    for (const instruction of instructions) {
      if (accountKeys[instruction.programIdIndex] === PROGRAM_ID) instruction.data = base58Encode(Uint8Array.of(1, 2));
    }
    const [event] = decodeTransaction(answer).events;
    expect(event).toMatchObject({ name: 'unknown', action: 'other', args: {}, channel: null, protocolState: null });
    expect(event?.data).toEqual(Uint8Array.of(1, 2));
  });

  it('lowers ASCII letters of a channel only, and keeps the spelling seen', () => {
    const answer = first('set_root');
    const instruction = answer.transaction.message.instructions.at(-1);
    if (instruction === undefined) throw new Error('the recorded root has no instruction');
    const name = Buffer.from('ÄbC', 'utf8');
    const length = Buffer.from([name.length, 0, 0, 0]);
    const tail = Buffer.alloc(8 + 32);
    const head = Buffer.from('411810063f69997b', 'hex');
    instruction.data = base58Encode(Uint8Array.from(Buffer.concat([head, length, name, tail])));
    expect(decodeTransaction(answer).events[0]).toMatchObject({ channel: 'Äbc', channelAsSeen: 'ÄbC' });
  });

  it('gives no name of ours to the number of another program', () => {
    const answer = first('claim_twice_fails');
    const { instructions } = answer.transaction.message;
    const other = { programIdIndex: 0, accounts: [], data: '' };
    answer.meta.err = { InstructionError: [instructions.length, { Custom: 6006 }] };
    answer.transaction.message.instructions = [...instructions, other];
    expect(decodeTransaction(answer)).toMatchObject({ succeeded: false, programError: null });
  });

  it('has no events for a transaction that does not call the program', () => {
    expect(decodeTransaction(first('claim'), { programId: mint }).events).toEqual([]);
  });

  it.each([
    ['null', 'TRANSACTION_NOT_FOUND', () => null],
    ['no meta', 'TRANSACTION_META_MISSING', () => ({ ...first('claim'), meta: null })],
    ['version 2', 'TRANSACTION_VERSION_UNSUPPORTED', () => ({ ...first('claim'), version: 2 })],
    ['a list', 'TRANSACTION_MALFORMED', () => []],
    ['no transaction', 'TRANSACTION_MALFORMED', () => ({ ...first('claim'), transaction: undefined })],
    ['no slot', 'TRANSACTION_MALFORMED', () => ({ ...first('claim'), slot: undefined })],
    ['another encoding', 'TRANSACTION_MALFORMED', () => ({ ...first('claim'), transaction: ['', 'base64+zstd'] })],
    ['text that is no base64', 'TRANSACTION_MALFORMED', () => ({ ...first('claim'), transaction: ['*', 'base64'] })],
  ])('answers %s with %s', (_, code, response) => {
    expect(codeOf(response())).toBe(code);
  });

  it('answers an answer with any part replaced with a transaction or a typed error', () => {
    const answer = first('claim');
    const paths: string[][] = [];
    const walk = (value: unknown, path: string[]) => {
      if (path.length > 0) paths.push(path);
      if (value === null || typeof value !== 'object') return;
      for (const [key, child] of Object.entries(value)) walk(child, [...path, key]);
    };
    walk({ ...answer, meta: { ...answer.meta, logMessages: undefined } }, []);
    const junk = fc.oneof(fc.constantFrom(null, undefined, -1, 1e9, '', '0', {}, [], [[]], true), fc.string());
    fc.assert(
      fc.property(fc.constantFrom(...paths), junk, (path, value) => {
        const broken = structuredClone(answer) as unknown as Record<string, unknown>;
        let target = broken;
        for (const key of path.slice(0, -1)) target = target[key] as Record<string, unknown>;
        target[path.at(-1) ?? ''] = value;
        expect(codeOf(broken)).toMatch(/^(DECODED|TRANSACTION_\w+)$/);
      }),
      { numRuns: 2000 },
    );
  });
});
