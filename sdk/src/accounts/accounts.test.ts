import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesToHex } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { streamerKey } from '../merkle/channel.ts';
import { channelStateAddress, protocolStateAddress } from '../program/addresses.ts';
import {
  CHANNEL_STATE_DISCRIMINATOR,
  CHANNEL_STATE_LAYOUTS,
  PROTOCOL_STATE_DISCRIMINATOR,
  ringSlotBytes,
} from './account-layouts.ts';
import { decodeChannelState, isClaimed, ringSlotOf } from './channel-state.ts';
import { decodeProtocolState } from './protocol-state.ts';

const recorded = (name: string) => readFileSync(new URL(`../../fixtures/recorded/${name}`, import.meta.url), 'utf8');
const accounts = JSON.parse(recorded('accounts.json')) as Record<string, { address: string; data: string }>;
const trees = JSON.parse(recorded('trees.json')) as {
  channel: string;
  epoch: number;
  root: string;
  claims: object[];
}[];
const mint = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';

function accountBytes(name: string): Uint8Array {
  const account = accounts[name];
  if (account === undefined) throw new Error(`no recorded account ${name}`);
  return Buffer.from(account.data, 'base64');
}

describe('channel state', () => {
  it.each(trees.map((tree) => [tree.channel, tree.epoch, tree] as const))(
    'of %s holds the published root of epoch %i',
    (channel, epoch, tree) => {
      const state = decodeChannelState(accountBytes(`channel_state:${channel}`));
      const slot = ringSlotOf(state, BigInt(epoch));
      expect(slot.epoch).toBe(BigInt(epoch));
      expect(bytesToHex(slot.root)).toBe(tree.root);
      expect(slot.claimCount).toBeLessThanOrEqual(tree.claims.length);
    },
  );

  it('counts as many claims as its bitmaps mark, and names its own address', () => {
    let marked = 0;
    for (const channel of new Set(trees.map((tree) => tree.channel))) {
      const state = decodeChannelState(accountBytes(`channel_state:${channel}`));
      expect(state).toMatchObject({ version: 1, mint, streamer: streamerKey(channel) });
      const [address, bump] = channelStateAddress(mint, channel);
      expect([address.toBase58(), bump]).toEqual([accounts[`channel_state:${channel}`]?.address, state.bump]);
      expect(state.latestEpoch).toBe(state.ring.reduce((latest, { epoch }) => (epoch > latest ? epoch : latest), 0n));
      for (const slot of state.ring) {
        const indexes = Array.from({ length: state.layout.claimsPerSlot }, (_, i) => i);
        expect(indexes.filter((index) => isClaimed(slot, index))).toHaveLength(slot.claimCount);
        marked += slot.claimCount;
      }
    }
    expect(marked).toBe(186);
  });

  it('says that an index beyond the bitmap can never be claimed', () => {
    const slot = ringSlotOf(decodeChannelState(accountBytes('channel_state:marlon')), 881n);
    for (const index of [1024, -1, 0.5]) {
      expect(() => isClaimed(slot, index)).toThrow(expect.objectContaining({ code: 'INDEX_OUT_OF_RANGE' }));
    }
  });

  it('refuses another size and another kind of account', () => {
    const bytes = accountBytes('channel_state:marlon');
    expect(() => decodeChannelState(bytes.subarray(0, 1781))).toThrow(/1781 bytes is not known here \(known: 1782\)/);
    expect(() => decodeChannelState(accountBytes('protocol_state'))).toThrow(
      expect.objectContaining({ code: 'ACCOUNT_DISCRIMINATOR_MISMATCH' }),
    );
  });

  it('has layouts whose ring fills the account exactly', () => {
    for (const layout of CHANNEL_STATE_LAYOUTS) {
      expect(layout.ringOffset + layout.ringSlots * ringSlotBytes(layout)).toBe(layout.accountBytes);
    }
  });
});

describe('protocol state', () => {
  it('names itself as the owner of the treasury, and the keys of the recording', () => {
    const state = decodeProtocolState(accountBytes('protocol_state'));
    const [address, bump] = protocolStateAddress(mint);
    expect(address.toBase58()).toBe(accounts.protocol_state?.address);
    expect(state).toMatchObject({ isInitialized: true, version: 1, mint, paused: false, requireReceipt: false, bump });
    expect(state.admin).toBe('DscHsPGoG9oaJQJAVQDq2Tb4XkDFVkDXtU2kk3mj7bHF');
    expect(state.treasury).toBe(address.toBase58());
  });

  it('refuses another size', () => {
    expect(() => decodeProtocolState(accountBytes('protocol_state').subarray(0, 140))).toThrow(
      expect.objectContaining({ code: 'ACCOUNT_SIZE_UNKNOWN' }),
    );
  });
});

describe('account decoders', () => {
  it('know the discriminators that the names give', () => {
    const discriminator = (name: string) => createHash('sha256').update(`account:${name}`).digest('hex').slice(0, 16);
    expect(CHANNEL_STATE_DISCRIMINATOR).toBe(discriminator('ChannelState'));
    expect(PROTOCOL_STATE_DISCRIMINATOR).toBe(discriminator('ProtocolState'));
  });

  it('answer any bytes with a state or a typed error', () => {
    const start = fc.constantFrom('', CHANNEL_STATE_DISCRIMINATOR, PROTOCOL_STATE_DISCRIMINATOR);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), (discriminator, tail) => {
        const bytes = Uint8Array.of(...Buffer.from(discriminator, 'hex'), ...tail);
        for (const decode of [decodeChannelState, decodeProtocolState]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(AttentionOracleError);
          }
        }
      }),
    );
  });
});
