import { afterEach, describe, expect, it } from '@jest/globals';
import { type PlainRpc, startPlainRpc } from './testing/plain-rpc.ts';
import { Platform } from './testing/platform.ts';
import { EXPECTED, RECORDING, rootLines } from './testing/recorded-chain.ts';
import { until } from './testing/until.ts';

let rpc: PlainRpc;
let platform: Platform;

afterEach(async () => {
  await platform?.stop();
  await rpc?.stop();
});

describe('an RPC server that knows little', () => {
  it.each([
    ['answers what is asked', []],
    ['knows neither its first block nor statuses', ['getFirstAvailableBlock', 'getSignatureStatuses']],
  ])('is enough for the roots of its history when it %s', async (_what, omitted) => {
    rpc = await startPlainRpc(RECORDING, omitted);
    platform = await Platform.create({ ANCHOR_PROVIDER_URL: rpc.rpcUrl });
    await platform.startAll('listen', 'process');
    await until(
      'every root is there',
      async () => (await platform.records(platform.topics.roots)).length >= EXPECTED.length,
    );
    const records = await platform.decoded(platform.topics.roots);
    const roots = records.flatMap((record) => (record.name === 'RootFinalized' ? [record.value] : []));
    expect(rootLines(roots)).toEqual(rootLines(EXPECTED));
  });
});
