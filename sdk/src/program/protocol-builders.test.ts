import { describe, expect, it } from '@jest/globals';
import { bytesToHex } from '../bytes.ts';
import { feeConfigAddress, protocolStateAddress } from './addresses.ts';
import { SYSTEM_PROGRAM_ID } from './program-id.ts';
import { initializeMintOpen, setPausedOpen, updatePublisherOpen } from './protocol-builders.ts';

const mint = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
const admin = 'DscHsPGoG9oaJQJAVQDq2Tb4XkDFVkDXtU2kk3mj7bHF';
const state = protocolStateAddress(mint)[0].toBase58();

describe('builders that open a protocol', () => {
  it('pass fee and accounts in the order of the program', () => {
    const { data, keys } = initializeMintOpen({ admin, mint, feeBasisPoints: 0x0123, maxFee: 5n });
    expect(bytesToHex(data)).toBe('f6d7c0f9b376d24b23010500000000000000');
    expect(keys.map(({ pubkey, isSigner, isWritable }) => [pubkey.toBase58(), isSigner, isWritable])).toEqual([
      ...[
        [admin, true, true],
        [mint, false, false],
        [state, false, true],
      ],
      ...[
        [feeConfigAddress(mint)[0].toBase58(), false, true],
        [SYSTEM_PROGRAM_ID, false, false],
      ],
    ]);
  });

  it.each([-1, 1_001, 0.5])('refuse a fee of %s hundredths of a percent', (feeBasisPoints) => {
    expect(() => initializeMintOpen({ admin, mint, feeBasisPoints })).toThrow(/from 0 to 1000/);
  });

  it('name a publisher and pause', () => {
    const publisher = updatePublisherOpen({ admin, mint, publisher: SYSTEM_PROGRAM_ID });
    expect(bytesToHex(publisher.data)).toBe(`2a4d65a02956ac3c${'00'.repeat(32)}`);
    expect(publisher.keys.map(({ pubkey }) => pubkey.toBase58())).toEqual([admin, state]);
    expect(bytesToHex(setPausedOpen({ admin, mint, paused: true }).data)).toBe('485c47499232795e01');
  });
});
