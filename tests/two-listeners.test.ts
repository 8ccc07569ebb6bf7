import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Chain } from '../local/chain/start-chain.ts';
import { Platform } from './testing/platform.ts';
import { EXPECTED, rootLines, startRecordedChain } from './testing/recorded-chain.ts';
import { until } from './testing/until.ts';

let chain: Chain;
let platform: Platform;

beforeAll(async () => {
  chain = await startRecordedChain();
  platform = await Platform.create({ ANCHOR_PROVIDER_URL: chain.rpcUrl, ANCHOR_WS_URL: chain.wsUrl });
  await Promise.all([
    platform.start('listen', { name: 'listen-north', env: { LISTENER_ID: 'north' } }),
    platform.start('listen', { name: 'listen-south', env: { LISTENER_ID: 'south' } }),
    platform.start('process'),
    platform.start('sink'),
  ]);
  await until('every root is stored and its tree built', async () => {
    const [row] = await platform.rows<{ built: string }>(
      `select count(*) as built from roots where tree_state = 'built'`,
    );
    return Number(row?.built) >= EXPECTED.length;
  });
});

afterAll(async () => {
  await platform?.stop();
  await chain?.stop();
});

describe('two listeners at once', () => {
  it('both write every event', async () => {
    const records = await platform.decoded(platform.topics.streamEvents);
    const claims = records.flatMap(({ name, value }) =>
      name === 'StreamEvent' && value.succeeded && value.instruction.action === 'claim' ? [value] : [],
    );
    for (const source of ['north', 'south']) {
      expect(new Set(claims.filter((claim) => claim.source === source).map(({ eventId }) => eventId)).size).toBe(186);
    }
  });

  it('make the roots of one', async () => {
    const records = await platform.decoded(platform.topics.roots);
    const roots = records.flatMap((record) => (record.name === 'RootFinalized' ? [record.value] : []));
    expect(rootLines(roots)).toEqual(rootLines(EXPECTED));
  });

  it('leave one row of each claim, in the place that the root gives it', async () => {
    const rows = await platform.rows<{ event_id: string; place: string }>(
      `select event_id, r.channel || ' ' || r.epoch || ' ' || leaf_index as place
       from claims c join roots r on r.id = c.root_id where c.proven order by event_id`,
    );
    const expected = EXPECTED.flatMap(({ claims, channel, epoch }) =>
      claims.map(({ eventId }, index) => ({ event_id: eventId, place: `${channel} ${epoch} ${index}` })),
    );
    const byId = (a: { event_id: string }, b: { event_id: string }): number => (a.event_id < b.event_id ? -1 : 1);
    expect(rows.sort(byId)).toEqual(expected.sort(byId));
    expect(await platform.rows('select count(*)::int as count from claims')).toEqual([{ count: 186 }]);
  });

  it('leave no dead letter', async () => {
    expect(await platform.records(platform.topics.deadLetters)).toEqual([]);
  });
});
