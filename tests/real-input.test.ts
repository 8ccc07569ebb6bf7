import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestSocket } from '../graphql/testing/rig.ts';
import type { Chain } from '../local/chain/start-chain.ts';
import { leaf, rootOfProof } from './recorded/expected-roots.ts';
import { servedProofs, servedRoots } from './testing/gateway.ts';
import { PgBouncer, pgBouncerOrReason } from './testing/pgbouncer.ts';
import { Platform } from './testing/platform.ts';
import { EXPECTED, rootLines, startRecordedChain } from './testing/recorded-chain.ts';
import { testStack } from './testing/stack.ts';
import { until } from './testing/until.ts';

/** Where it can be had, sink and gateway reach the database through it alone. */
const pgBouncer = await pgBouncerOrReason();
const throughPgBouncer = pgBouncer === undefined ? it.skip : it;

let bouncer: PgBouncer | undefined;
let chain: Chain;
let platform: Platform;
let gatewayUrl: string;

beforeAll(async () => {
  chain = await startRecordedChain();
  if (pgBouncer !== undefined) bouncer = await PgBouncer.start(pgBouncer, testStack().databaseUrl);
  platform = await Platform.create({
    ...{ ANCHOR_PROVIDER_URL: chain.rpcUrl, ANCHOR_WS_URL: chain.wsUrl },
    ...(bouncer === undefined ? {} : { DATABASE_URL: bouncer.url, DATABASE_POOLER: 'transaction' }),
  });
  const { gateway } = await platform.startAll('listen', 'process', 'sink', 'gateway');
  gatewayUrl = await gateway.startedField('gateway');
});

afterAll(async () => {
  await platform?.stop();
  await bouncer?.stop();
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

  it('tells a subscriber of every claim, once', async () => {
    const socket = await TestSocket.open(`${gatewayUrl.replace('http', 'ws')}/graphql`);
    socket.subscribe('1', 'subscription { claimIngested(after: "beginning") { eventId } }');
    const count = EXPECTED.reduce((sum, root) => sum + root.count, 0);
    await socket.until(() => socket.of('1').length >= count);
    socket.socket.close();
    const told = socket.of('1').map(({ payload }) => {
      return (payload as { data: { claimIngested: { eventId: string } } }).data.claimIngested.eventId;
    });
    const rows = await platform.rows<{ event_id: string }>('select event_id from claims');
    expect(told.sort()).toEqual(rows.map(({ event_id }) => event_id).sort());
  });

  throughPgBouncer('reaches the database through PgBouncer', () => {
    // One was the test's own, to see that it answers.
    expect(bouncer?.logins()).toBeGreaterThan(2);
    expect(platform.env).toMatchObject({ DATABASE_URL: bouncer?.url, DATABASE_POOLER: 'transaction' });
  });

  it('leaves no dead letter', async () => {
    expect(await platform.records(platform.topics.deadLetters)).toEqual([]);
  });
});
