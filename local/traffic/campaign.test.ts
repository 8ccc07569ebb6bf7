import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../runtime/config.ts';
import { allocations } from './campaign.ts';
import { type TrafficConfig, trafficConfig } from './config.ts';
import { fansOf } from './fans.ts';

const config = (over: Record<string, string> = {}): TrafficConfig =>
  loadConfig(trafficConfig, {
    ANCHOR_PROVIDER_URL: 'http://127.0.0.1:1',
    MINT_PUBKEY: 'So11111111111111111111111111111111111111112',
    GATEWAY_URL: 'http://127.0.0.1:1',
    TRAFFIC_ADMIN_KEYPAIR: 'admin.json',
    EPOCH_BASE: '10',
    ...over,
  });

const allocated = (over: Record<string, string> = {}) => {
  const settings = config(over);
  return [...allocations(settings, 'lacy', fansOf(settings.TRAFFIC_SEED, 'lacy', settings.TRAFFIC_FANS))];
};

describe('what the administrator allocates', () => {
  it('is one claim for each fan in the epoch below ours, where our roots are settled', () => {
    const campaigns = allocated();
    expect(campaigns.map(({ epoch, claims }) => [epoch, claims.length])).toEqual([[9n, 12]]);
  });

  it('fills every epoch of the ring below ours where nothing is settled, so that roots do not run dry', () => {
    const campaigns = allocated({ TRAFFIC_ALLOCATIONS: 'all' });
    expect(campaigns.map(({ epoch }) => epoch)).toEqual([9n, 8n, 7n, 6n, 5n, 4n, 3n, 2n, 1n]);
    expect(campaigns.map(({ claims }) => claims.length)).toEqual(Array(9).fill(1020));
    const ids = campaigns.flatMap(({ claims }) => claims.map(({ fan, claim }) => `${fan.address} ${claim.id}`));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('takes no ring slot twice and no epoch that is not there', () => {
    const high = allocated({ TRAFFIC_ALLOCATIONS: 'all', EPOCH_BASE: '30' });
    expect(high.map(({ epoch }) => epoch)).toEqual([29n, 28n, 27n, 26n, 25n, 24n, 23n, 22n, 21n, 20n]);
    expect(allocated({ TRAFFIC_ALLOCATIONS: 'all', EPOCH_BASE: '0' }).map(({ epoch }) => epoch)).toEqual([0n]);
  });

  it('is marked within a ring slot, however many fans there are', () => {
    for (const fans of ['1', '1000']) {
      const [first] = allocated({ TRAFFIC_ALLOCATIONS: 'all', TRAFFIC_FANS: fans });
      expect(first?.claims.length).toBe(fans === '1' ? 1024 : 1000);
    }
    expect(() => config({ TRAFFIC_FANS: '1025' })).toThrow(/TRAFFIC_FANS: a ring slot/);
  });
});
