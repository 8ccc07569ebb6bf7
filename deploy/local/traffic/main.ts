/** Traffic in the closed loop: fans claim, their claims make our next root, with whose proofs they claim again. */

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { MerkleTree } from '@attention-oracle/sdk';
import { Connection, Keypair } from '@solana/web3.js';
import { messageOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { retry } from '../../../runtime/retry.ts';
import type { Role } from '../../../runtime/role.ts';
import { type TrafficChain, trafficChain } from './chain-client.ts';
import type { FanClaim } from './claim.ts';
import { type TrafficConfig, trafficConfig } from './config.ts';
import { type Fan, fansOf, firstAllocation } from './fans.ts';
import { fanProofs, type SettledRoot, settledRoots } from './proofs.ts';

const LOOK_INTERVAL_MS = 1000;

interface Crowd {
  readonly channel: string;
  readonly fans: readonly Fan[];
}

export const role: Role<typeof trafficConfig.shape> = {
  name: 'traffic',
  config: trafficConfig,
  opsPort: 9109,
  async start({ config, log, signal }) {
    const [rpcUrl = ''] = config.ANCHOR_PROVIDER_URL;
    const connection = new Connection(rpcUrl, {
      commitment: 'confirmed',
      ...(config.ANCHOR_WS_URL === undefined ? {} : { wsEndpoint: config.ANCHOR_WS_URL }),
    });
    const admin = Keypair.fromSecretKey(
      Uint8Array.from(JSON.parse(readFileSync(config.TRAFFIC_ADMIN_KEYPAIR, 'utf8')) as number[]),
    );
    const chain = trafficChain(connection, config.MINT_PUBKEY, config.AO_PROGRAM_ID, admin);
    const crowds = config.TRAFFIC_CHANNELS.map((channel) => ({
      channel,
      fans: fansOf(config.TRAFFIC_SEED, channel, config.TRAFFIC_FANS),
    }));
    const life = live({ config, log, signal, chain, crowds }).catch((error: unknown) => {
      if (!signal.aborted) log.error({ err: error }, 'traffic ended');
    });
    return { ready: () => ({ started: true }), stop: () => life };
  },
};

interface Life {
  readonly config: TrafficConfig;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly chain: TrafficChain;
  readonly crowds: readonly Crowd[];
}

async function live({ config, log, signal, chain, crowds }: Life): Promise<void> {
  const firstEpoch = config.EPOCH_BASE > 0n ? config.EPOCH_BASE - 1n : 0n;
  const onFailure = (err: unknown, attempt: number, delayMs: number): void =>
    log.warn({ err, attempt, delayMs }, 'the chain does not take it yet');
  await retry(() => chain.fund(crowds.flatMap(({ fans }) => fans.map(({ address }) => address))), {
    signal,
    onFailure,
  });

  const makeClaims = async (crowd: Crowd, claims: readonly { fan: Fan; claim: FanClaim }[]): Promise<void> => {
    for (const { fan, claim } of claims) {
      if (signal.aborted) return;
      try {
        const made = await chain.claim(fan, claim);
        log.debug({ channel: crowd.channel, epoch: claim.epoch.toString(), index: claim.index, made }, 'claim');
      } catch (error) {
        // The program refuses a second claim of the same leaf; after a restart that is the usual answer.
        log.info(
          { channel: crowd.channel, epoch: claim.epoch.toString(), index: claim.index, reason: messageOf(error) },
          'claim refused',
        );
      }
      await delay(config.TRAFFIC_CLAIM_INTERVAL_MS, undefined, { signal });
    }
  };

  await Promise.all(
    crowds.map(async (crowd) => {
      const allocation = firstAllocation(config.TRAFFIC_SEED, crowd.channel, crowd.fans);
      const leaves = allocation.map(({ fan, amount, id }) => ({ claimer: fan.address, amount, id }));
      await retry(() => chain.allocate(crowd.channel, firstEpoch, leaves), { signal, onFailure });
      const tree = new MerkleTree(leaves);
      await makeClaims(
        crowd,
        allocation.map(({ fan, amount, id }, index) => ({
          fan,
          claim: { channel: crowd.channel, epoch: firstEpoch, index, amount, id, proof: tree.proof(index) },
        })),
      );
    }),
  );
  const done = new Set<string>();
  for (;;) {
    await delay(LOOK_INTERVAL_MS, undefined, { signal });
    const roots = await settledRoots(config.GATEWAY_URL, signal).catch((error: unknown) => {
      log.debug({ reason: messageOf(error) }, 'the gateway does not answer yet');
      return [] as SettledRoot[];
    });
    const fresh = roots.filter(({ channel, epoch }) => !done.has(`${channel}/${epoch}`)).reverse();
    await Promise.all(
      crowds.map(async (crowd) => {
        for (const root of fresh.filter(({ channel }) => channel === crowd.channel)) {
          done.add(`${root.channel}/${root.epoch}`);
          const claims: { fan: Fan; claim: FanClaim }[] = [];
          for (const fan of crowd.fans) {
            for (const proof of await fanProofs(config.GATEWAY_URL, fan.address, root, signal)) {
              claims.push({ fan, claim: { channel: crowd.channel, epoch: root.epoch, ...proof } });
            }
          }
          await makeClaims(crowd, claims);
        }
      }),
    );
  }
}
