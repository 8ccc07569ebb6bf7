import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesToHex, hexToBytes } from '../bytes.ts';
import { decodeInstruction, encodeInstruction, instructionDefinition } from './instruction-codec.ts';
import { type FieldType, INSTRUCTIONS, type InstructionName } from './instruction-table.ts';

interface InstructionVector {
  name: InstructionName;
  args: Record<string, string | number | string[]>;
  data: string;
}

const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/vectors/instructions.json', import.meta.url), 'utf8'),
) as InstructionVector[];

const arbitraryHash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const arbitraryField: Record<FieldType, fc.Arbitrary<unknown>> = {
  string: fc.string({ unit: 'binary', maxLength: 200 }),
  u32: fc.integer({ min: 0, max: 0xffff_ffff }),
  u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  bool: fc.boolean(),
  hash: arbitraryHash,
  hashes: fc.array(arbitraryHash, { maxLength: 20 }),
};

/** Arguments of a vector with every value in the type that the codec takes. */
function typedArgs(vector: InstructionVector): never {
  const fields = instructionDefinition(vector.name).fields ?? [];
  const typed = Object.fromEntries(fields.map(([field, type]) => [field, typedValue(type, vector.args[field])]));
  return typed as never;
}

function typedValue(type: FieldType, value: unknown): unknown {
  if (type === 'u64') return BigInt(value as string);
  if (type === 'hash') return hexToBytes(value as string);
  return type === 'hashes' ? (value as string[]).map(hexToBytes) : value;
}

describe('instruction codec', () => {
  it.each(INSTRUCTIONS.map(({ name, discriminator }) => [name, discriminator]))(
    'has the discriminator of %s that its name gives',
    (name, discriminator) => {
      expect(createHash('sha256').update(`global:${name}`).digest('hex').slice(0, 16)).toBe(discriminator);
    },
  );

  it('knows 29 instructions, each once', () => {
    expect(new Set(INSTRUCTIONS.map(({ name }) => name)).size).toBe(29);
    expect(new Set(INSTRUCTIONS.map(({ discriminator }) => discriminator)).size).toBe(29);
  });

  it.each(vectors.map((vector, i) => [`${i} ${vector.name}`, vector] as const))(
    'encodes and decodes vector %s byte for byte',
    (_, vector) => {
      expect(bytesToHex(encodeInstruction(vector.name, typedArgs(vector)))).toBe(vector.data);
      const decoded = decodeInstruction(hexToBytes(vector.data));
      expect(decoded.name).toBe(vector.name);
      expect(decoded.args).toEqual(typedArgs(vector));
    },
  );

  it.each(INSTRUCTIONS.map((entry) => [entry.name, entry] as const))(
    'gives back what it encoded as %s',
    (name, entry) => {
      const shape = Object.fromEntries((entry.fields ?? []).map(([field, type]) => [field, arbitraryField[type]]));
      fc.assert(
        fc.property(fc.record(shape), (args) => {
          const data = encodeInstruction(name, args as never);
          const expected = Object.fromEntries(Object.entries(args));
          expect(decodeInstruction(data)).toEqual({ name, action: entry.action, args: expected, data });
        }),
        { numRuns: 50 },
      );
    },
  );

  it('carries unpublished arguments as raw bytes and decodes the name alone', () => {
    const data = encodeInstruction('set_paused_open', { raw: Uint8Array.of(1) });
    expect(bytesToHex(data)).toBe('485c47499232795e01');
    expect(decodeInstruction(data)).toEqual({ name: 'set_paused_open', action: 'other', args: {}, data });
  });

  it('tolerates bytes after the last argument', () => {
    const data = Uint8Array.of(...encodeInstruction('set_policy', { require_receipt: true }), 9, 9);
    expect(decodeInstruction(data)).toMatchObject({ name: 'set_policy', args: { require_receipt: true }, data });
  });

  it('calls every cut of an instruction unknown and keeps its bytes', () => {
    const whole = hexToBytes((vectors[1] as InstructionVector).data);
    for (let length = 0; length < whole.length; length++) {
      const data = whole.subarray(0, length);
      expect(decodeInstruction(data)).toEqual({ name: 'unknown', action: 'other', args: {}, data });
    }
  });

  it('refuses a bool of 2, text that is no UTF-8, and a proof longer than the bytes', () => {
    const policy = instructionDefinition('set_policy').discriminator;
    const settle = instructionDefinition('set_channel_merkle_root').discriminator;
    const rest = '00'.repeat(40);
    expect(decodeInstruction(hexToBytes(`${policy}02`)).name).toBe('unknown');
    expect(decodeInstruction(hexToBytes(`${settle}01000000ff${rest}`)).name).toBe('unknown');
    expect(decodeInstruction(hexToBytes(`${settle}0100000061${rest}`)).name).toBe('set_channel_merkle_root');
    const hugeProof = `${'00'.repeat(4 + 8 + 4 + 8 + 4)}ffffffff`;
    expect(decodeInstruction(hexToBytes(`dfabbb29a7470fb8${hugeProof}`)).name).toBe('unknown');
  });

  it('never throws on bytes, whatever follows a known discriminator', () => {
    const discriminators = fc.constantFrom(...INSTRUCTIONS.map(({ discriminator }) => discriminator));
    fc.assert(
      fc.property(fc.option(discriminators), fc.uint8Array({ maxLength: 300 }), (discriminator, tail) => {
        const data = Uint8Array.of(...hexToBytes(discriminator ?? ''), ...tail);
        expect(decodeInstruction(data).data).toBe(data);
      }),
      { numRuns: 5000 },
    );
  });

  it('names the argument that is wrong', () => {
    const root = new Uint8Array(32);
    const settle = (args: object) => () => encodeInstruction('set_channel_merkle_root', args as never);
    expect(settle({ channel: 'lacy', epoch: -1n, root })).toThrow(
      expect.objectContaining({ code: 'U64_OUT_OF_RANGE' }),
    );
    expect(settle({ channel: 'lacy', epoch: 1n, root: new Uint8Array(31) })).toThrow(/root must be a Uint8Array of 32/);
    expect(settle({ channel: '\ud800', epoch: 1n, root })).toThrow(/channel must be a string without lone surrogates/);
    expect(settle({ epoch: 1n, root })).toThrow(/channel must be a string/);
    expect(() => encodeInstruction('set_policy', { require_receipt: 1 } as never)).toThrow(/require_receipt/);
    expect(() => encodeInstruction('nothing' as never, {})).toThrow(
      expect.objectContaining({ code: 'INSTRUCTION_UNKNOWN' }),
    );
  });
});
