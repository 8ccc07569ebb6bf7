import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { PublicKey } from '@solana/web3.js';
import fc from 'fast-check';
import { bytesToHex } from '../bytes.ts';
import { streamerKey } from '../merkle/channel.ts';
import { Address } from './address.ts';
import {
  associatedTokenAddress,
  channelStateAddress,
  feeConfigAddress,
  legacyProtocolStateAddress,
  protocolStateAddress,
  treasuryAddress,
} from './addresses.ts';
import { deriveAddress } from './derive-address.ts';
import { isOnEd25519Curve } from './ed25519-point.ts';
import { ASSOCIATED_TOKEN_PROGRAM_ID, PROGRAM_ID, TOKEN_2022_PROGRAM_ID } from './program-id.ts';

interface AddressVector {
  channel: string;
  mint: string;
  streamerKey: string;
  channelState: string;
  channelStateBump: number;
  protocolState: string;
  protocolStateBump: number;
}

const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/vectors/pdas.json', import.meta.url), 'utf8'),
) as AddressVector[];
const arbitraryKey = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('addresses', () => {
  it.each(vectors.map((vector) => [vector.channel, vector] as const))(
    'derives those of channel %s',
    (channel, vector) => {
      const [channelState, channelBump] = channelStateAddress(vector.mint, channel);
      const [protocolState, protocolBump] = protocolStateAddress(vector.mint);
      expect(bytesToHex(streamerKey(channel))).toBe(vector.streamerKey);
      expect([channelState.toBase58(), channelBump]).toEqual([vector.channelState, vector.channelStateBump]);
      expect([protocolState.toBase58(), protocolBump]).toEqual([vector.protocolState, vector.protocolStateBump]);
    },
  );

  it('agrees with web3.js on which bytes are points of the curve', () => {
    fc.assert(
      fc.property(arbitraryKey, (bytes) => {
        expect(isOnEd25519Curve(bytes)).toBe(PublicKey.isOnCurve(bytes));
      }),
      { numRuns: 200 },
    );
  });

  it('agrees with web3.js on derived addresses and bumps', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 32 }), { maxLength: 5 }), arbitraryKey, (seeds, programId) => {
        const [expected, expectedBump] = PublicKey.findProgramAddressSync(seeds, new PublicKey(programId));
        const [address, bump] = deriveAddress(seeds, programId);
        expect([address.toBase58(), bump]).toEqual([expected.toBase58(), expectedBump]);
      }),
      { numRuns: 40 },
    );
  });

  it('derives fee config, legacy state, treasury and token accounts from the published seeds', () => {
    const mint = new PublicKey((vectors[0] as AddressVector).mint);
    const program = new PublicKey(PROGRAM_ID);
    const find = (seeds: Uint8Array[], id: PublicKey) => PublicKey.findProgramAddressSync(seeds, id)[0].toBase58();
    const protocol = Buffer.from('protocol');
    const tokenAccount = (owner: Uint8Array) =>
      find(
        [owner, new PublicKey(TOKEN_2022_PROGRAM_ID).toBytes(), mint.toBytes()],
        new PublicKey(ASSOCIATED_TOKEN_PROGRAM_ID),
      );
    expect(feeConfigAddress(mint)[0].toBase58()).toBe(
      find([protocol, mint.toBytes(), Buffer.from('fee_config')], program),
    );
    expect(legacyProtocolStateAddress()[0].toBase58()).toBe(find([protocol], program));
    expect(treasuryAddress(mint)[0].toBase58()).toBe(tokenAccount(protocolStateAddress(mint)[0].toBytes()));
    expect(associatedTokenAddress(mint, program)[0].toBase58()).toBe(tokenAccount(program.toBytes()));
  });

  it('takes base58, bytes and PublicKeys, and refuses what is no address', () => {
    const key = new PublicKey(PROGRAM_ID);
    for (const input of [PROGRAM_ID, key.toBytes(), key, new Address(key)]) {
      expect(new Address(input).equals(PROGRAM_ID)).toBe(true);
    }
    expect(JSON.stringify(new Address(key))).toBe(JSON.stringify(PROGRAM_ID));
    expect(() => protocolStateAddress('abc')).toThrow(expect.objectContaining({ code: 'ADDRESS_INVALID' }));
    expect(() => protocolStateAddress('0OIl')).toThrow(expect.objectContaining({ code: 'BASE58_INVALID' }));
  });

  it('refuses seeds that the chain would refuse', () => {
    const tooLong = [new Uint8Array(33)];
    const tooMany = Array.from({ length: 16 }, () => new Uint8Array(1));
    for (const seeds of [tooLong, tooMany]) {
      expect(() => deriveAddress(seeds, PROGRAM_ID)).toThrow(expect.objectContaining({ code: 'SEED_INVALID' }));
    }
  });
});
