import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Chain } from '../local/chain/start-chain.ts';
import { leaf, rootOfProof } from './recorded/expected-roots.ts';
import { servedProofs, servedRoots } from './testing/gateway.ts';
import { Platform } from './testing/platform.ts';
import { EXPECTED, rootLines, startRecordedChain } from './testing/recorded-chain.ts';
import { until } from './testing/until.ts';

let chain: Chain;
let platform: Platform;
let gatewayUrl: string;

beforeAll(async () => {
  chain = await startRecordedChain();
  platform = await Platform.create({ ANCHOR_PROVIDER_URL: chain.rpcUrl, ANCHOR_WS_URL: chain.wsUrl });
  const { gateway } = await platform.startAll('listen', 'process', 'sink', 'gateway');
  gatewayUrl = await gateway.startedField('gateway');
});

afterAll(async () => {
  await platform?.stop();
  await chain?.stop();
});

describe('the recorded story of the real program, through the whole pipeline', () => {
  it('gives on the topic, for every channel and epoch, the root of the independent computation, once', async () => {
    await until(
      'every root is on the topic',
      async () => (await platform.records(platform.topics.roots)).length >= EXPECTED.length,
    );
    const records = await platform.decoded(platform.topics.roots);
    const roots = records.flatMap((record) => (record.name === 'RootFinalized' ? [record.value] : []));
    expect(rootLines(roots)).toEqual(rootLines(EXPECTED));
  });

  it('gives the same roots from the gateway', async () => {
    const served = await until('every root is served', async () => {
      const roots = await servedRoots(gatewayUrl);
      return roots.length >= EXPECTED.length && roots;
    });
    expect(rootLines(served)).toEqual(rootLines(EXPECTED));
  });

  it('gives, for every claim, a proof that leads from its leaf to the root', async () => {
    for (const root of EXPECTED) {
      const users = new Set(root.claims.map(({ claimer }) => claimer));
      const proofs = await until(`the tree of ${root.channel} ${root.epoch} is stored`, async () => {
        const found = (
          await Promise.all([...users].map((user) => servedProofs(gatewayUrl, user, root.channel, root.epoch)))
        ).flat();
        return found.length >= root.count && found;
      });
      expect(proofs.map(({ index }) => index).sort((a, b) => a - b)).toEqual(root.claims.map((_, index) => index));
      for (const { index, user, amount, id, proof } of proofs) {
        const own = leaf({ claimer: user, amount: BigInt(amount), id }, index);
        expect(
          rootOfProof(
            own,
            proof.map((sibling) => Buffer.from(sibling, 'hex')),
          ),
        ).toBe(root.root);
      }
    }
  });

  it('leaves no dead letter', async () => {
    expect(await platform.records(platform.topics.deadLetters)).toEqual([]);
  });
});
