import { afterEach, describe, expect, it } from '@jest/globals';
import type { Chain } from '../local/chain/start-chain.ts';
import { type FaultyRpc, startFaultyRpc } from './testing/faulty-rpc.ts';
import { Platform } from './testing/platform.ts';
import { EXPECTED, rootLines, startRecordedChain } from './testing/recorded-chain.ts';
import { until } from './testing/until.ts';

let chain: Chain;
let rpcs: FaultyRpc[] = [];
let platform: Platform;

afterEach(async () => {
  await platform?.stop();
  for (const rpc of rpcs) await rpc.stop();
  rpcs = [];
  await chain?.stop();
});

/** The roots that come of the recording, read through these providers. */
async function rootsThrough(urls: string[], wsUrls: string[]): Promise<string[]> {
  platform = await Platform.create({
    ANCHOR_PROVIDER_URL: urls.join(','),
    ANCHOR_WS_URL: wsUrls.join(','),
    RPC_TIMEOUT_MS: '700',
    SUBSCRIPTION_STALL_MS: '1500',
    RECONCILE_INTERVAL_MS: '100',
  });
  await Promise.all([platform.start('listen', { ready: false }), platform.start('process')]);
  await until(
    'every root is on the topic',
    async () => (await platform.records(platform.topics.roots)).length >= EXPECTED.length,
  );
  const records = await platform.decoded(platform.topics.roots);
  return rootLines(records.flatMap((record) => (record.name === 'RootFinalized' ? [record.value] : [])));
}

describe('a provider on a bad day', () => {
  it.each([
    [1, 'serves blocks', true],
    [2, 'serves none', false],
  ] as const)('changes no root when it is the only one (seed %i, %s)', async (seed, _what, servesBlocks) => {
    chain = await startRecordedChain();
    const rpc = await startFaultyRpc(chain, seed, servesBlocks);
    rpcs = [rpc];
    expect(await rootsThrough([rpc.rpcUrl], [rpc.wsUrl])).toEqual(rootLines(EXPECTED));
    expect(await platform.records(platform.topics.deadLetters)).toEqual([]);
    // By blocks it is over after so few calls that not every kind of fault comes.
    const quiet = servesBlocks ? [] : Object.entries(rpc.counts).filter(([, count]) => count === 0);
    expect(quiet.map(([name]) => name).filter((name) => !name.startsWith('socket'))).toEqual([]);
  });

  it('changes no root when there are two of the kind (seed 3)', async () => {
    chain = await startRecordedChain();
    rpcs = [await startFaultyRpc(chain, 3), await startFaultyRpc(chain, 4)];
    const roots = await rootsThrough(
      rpcs.map(({ rpcUrl }) => rpcUrl),
      rpcs.map(({ wsUrl }) => wsUrl),
    );
    expect(roots).toEqual(rootLines(EXPECTED));
  });
});
