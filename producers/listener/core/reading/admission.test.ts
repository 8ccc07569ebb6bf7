import { describe, expect, it } from '@jest/globals';
import type { EndpointFacts } from '../ports.ts';
import { admit } from './admission.ts';

const facts = (endpoint: string, change: Partial<EndpointFacts> = {}): EndpointFacts => ({
  endpoint,
  genesisHash: 'mainnet',
  firstSlot: 0,
  ...change,
});
const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'ADMITTED';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
};

describe('admission of endpoints', () => {
  it('admits every endpoint of one chain, and learns its genesis hash', () => {
    expect(admit([facts('a'), facts('b')], null, 0)).toMatchObject({ endpoints: ['a', 'b'], genesisHash: 'mainnet' });
  });

  it('endpoints of different clusters: refused, with all of them named', () => {
    const mixed = [facts('a'), facts('b', { genesisHash: 'devnet' })];
    expect(() => admit(mixed, null, 0)).toThrow(/a \(genesis mainnet\), b \(genesis devnet\)/);
    expect(codeOf(() => admit(mixed, null, 0))).toBe('CHAIN_DIFFERS');
  });

  it('another chain than the one read until now: refused, even beside an endpoint of the right one', () => {
    expect(codeOf(() => admit([facts('a', { genesisHash: 'devnet' })], 'mainnet', 9))).toBe('CHAIN_DIFFERS');
    expect(codeOf(() => admit([facts('a'), facts('b', { genesisHash: 'devnet' })], 'mainnet', 9))).toBe(
      'CHAIN_DIFFERS',
    );
  });

  it('an endpoint that does not say which chain it is of: not asked once the chain is known', () => {
    const silent = facts('b', { genesisHash: null });
    expect(admit([facts('a'), silent], null, 0).endpoints).toEqual(['a']);
    expect(codeOf(() => admit([silent], 'mainnet', 0))).toBe('CHAIN_UNKNOWN');
    expect(admit([silent], null, 0)).toMatchObject({ endpoints: ['b'], genesisHash: null });
  });

  it('history that begins above the next slot: not asked; refused where no endpoint has it, with the slot to begin at', () => {
    const pruned = facts('b', { firstSlot: 404 });
    expect(admit([facts('a'), pruned], 'mainnet', 403).endpoints).toEqual(['a']);
    expect(admit([facts('a'), pruned], 'mainnet', 403).leftOut.get('b')?.code).toBe('HISTORY_TOO_SHORT');
    expect(() => admit([pruned], null, 0)).toThrow(/begins at slot 404.*START_SLOT=404/);
    expect(codeOf(() => admit([pruned], 'mainnet', 403))).toBe('HISTORY_TOO_SHORT');
    expect(admit([pruned], 'mainnet', 404).endpoints).toEqual(['b']);
  });
});
