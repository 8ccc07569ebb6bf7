/** Traffic in the closed loop: fans claim, their claims make our next root, with whose proofs they claim again. */

import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@solana/web3.js';
import { AppError, messageOf } from '../../runtime/errors.ts';
import type { Holds } from '../../runtime/holds.ts';
import type { Logger } from '../../runtime/logging.ts';
import { retry } from '../../runtime/retry.ts';
import type { Role } from '../../runtime/role.ts';
import { loadKeypair } from '../../sinks/settlement/io/keypair-file.ts';
import { advance, allocations, type Campaign, type CampaignClaim, campaignOf } from './campaign.ts';
import { type TrafficChain, trafficChain } from './chain-client.ts';
import { type TrafficConfig, trafficConfig } from './config.ts';
import { type Fan, fansOf, fansWith, VISITORS } from './fans.ts';
import { type SettledRoot, settledRoots } from './proofs.ts';

const LOOK_INTERVAL_MS = 1000;
const WHAT_FANS_CLAIM = 'what the fans claim';
const THE_FANS_SOL = "the fans' SOL";

function allClaimed({ EPOCH_BASE }: TrafficConfig): AppError {
  return new AppError(
    'ALLOCATIONS_CLAIMED',
    `Every allocation below EPOCH_BASE (${EPOCH_BASE}) is claimed, so no further claims and roots come: let roots be settled (no --until-roots, AUTO_PUBLISH=true), or start anew with --fresh.`,
  );
}

interface Crowd {
  readonly channel: string;
  readonly fans: readonly Fan[];
  /** Whether nobody but the visitor claims from its roots. */
  readonly forVisitor: boolean;
}

function crowdsOf(config: TrafficConfig): Crowd[] {
  const { TRAFFIC_CHANNELS, TRAFFIC_FANS: count, TRAFFIC_SEED: seed, TRAFFIC_VISITOR_KEYPAIR: visitor } = config;
  const usual = TRAFFIC_CHANNELS.map((channel) => ({
    ...{ channel, fans: fansOf(seed, channel, count), forVisitor: false },
  }));
  if (visitor === undefined) return usual;
  const keypair = loadKeypair(visitor, undefined, 'TRAFFIC_VISITOR_KEYPAIR');
  const theirs = { channel: VISITORS, fans: fansWith(keypair, seed, count), forVisitor: true };
  return [...usual.filter(({ channel }) => channel !== VISITORS), theirs];
}

export const role: Role<typeof trafficConfig.shape> = {
  name: 'traffic',
  config: trafficConfig,
  opsPort: 9109,
  async start({ config, log, signal, holds, fail }) {
    const [rpcUrl = ''] = config.ANCHOR_PROVIDER_URL;
    const connection = new Connection(rpcUrl, {
      commitment: 'confirmed',
      ...(config.ANCHOR_WS_URL === undefined ? {} : { wsEndpoint: config.ANCHOR_WS_URL }),
    });
    const admin = loadKeypair(config.TRAFFIC_ADMIN_KEYPAIR, undefined, 'TRAFFIC_ADMIN_KEYPAIR');
    const { MINT_PUBKEY: mint, AO_PROGRAM_ID: programId } = config;
    const chain = trafficChain({ connection, mint, programId, admin, signal });
    const crowds = crowdsOf(config);
    // What is under way needs no end: the chain's account tells the next start what is left to do.
    void live({ config, log, signal, holds, chain, crowds }).catch((error: unknown) => {
      if (!signal.aborted) fail(error);
    });
    return { ready: () => ({ started: true }), stop: async () => undefined };
  },
};

interface Life {
  readonly config: TrafficConfig;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly holds: Holds;
  readonly chain: TrafficChain;
  readonly crowds: readonly Crowd[];
}

async function live({ config, log, signal, holds, chain, crowds }: Life): Promise<void> {
  const onFailure = (err: unknown, attempt: number, delayMs: number): void => {
    log.warn({ err, attempt, delayMs }, 'the fans have no SOL yet');
    if (err instanceof AppError) holds.hold(THE_FANS_SOL, err);
  };
  const addresses = crowds.flatMap(({ fans }) => fans.map(({ address }) => address));
  await retry(() => chain.fund(addresses), { signal, onFailure });
  holds.release(THE_FANS_SOL);

  const given = crowds.map(({ channel, fans }) => allocations(config, channel, fans));
  const campaigns: Campaign[] = [];
  const known = new Set<string>();
  const makeClaim = async ({ channel, epoch }: Campaign, { fan, claim }: CampaignClaim): Promise<void> => {
    try {
      await chain.claim(fan, claim);
    } catch (error) {
      log.info({ channel, epoch: epoch.toString(), index: claim.index, reason: messageOf(error) }, 'claim not made');
    }
    await delay(config.TRAFFIC_CLAIM_INTERVAL_MS, undefined, { signal });
  };

  for (;;) {
    for (const [index, { channel }] of crowds.entries()) {
      // One allocation of a channel after the other, and none while its fans have roots of ours to claim from.
      const next = campaigns.some((campaign) => campaign.channel === channel) ? undefined : given[index]?.next();
      if (next?.done === false) campaigns.push(next.value);
    }
    if (campaigns.length > 0) holds.release(WHAT_FANS_CLAIM);
    else if (config.TRAFFIC_ALLOCATIONS === 'all') holds.hold(WHAT_FANS_CLAIM, allClaimed(config));
    for (const root of await settledRoots(config.GATEWAY_URL, signal).catch(() => [] as SettledRoot[])) {
      const crowd = crowds.find(({ channel }) => channel === root.channel);
      const name = `${root.channel}/${root.epoch}`;
      if (crowd === undefined || crowd.forVisitor || known.has(name)) continue;
      try {
        campaigns.push(await campaignOf(config, root, crowd.fans, signal));
        known.add(name);
      } catch (error) {
        log.info({ root: name, reason: messageOf(error) }, 'no proofs yet');
      }
    }
    const over = await Promise.all(
      campaigns.map((campaign) =>
        advance(campaign, chain, (claim) => makeClaim(campaign, claim)).catch((error: unknown) => {
          if (signal.aborted) throw error;
          log.warn({ err: error, channel: campaign.channel, epoch: campaign.epoch.toString() }, 'trying again');
          return false;
        }),
      ),
    );
    for (const [index, isOver] of [...over.entries()].reverse()) if (isOver) campaigns.splice(index, 1);
    await delay(LOOK_INTERVAL_MS, undefined, { signal });
  }
}
