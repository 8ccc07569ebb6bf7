/** A local chain with an open protocol, for traffic that closes the loop, and what its history says. */

import { join } from 'node:path';
import type { FaultPlan } from '../../local/chain/core/faults/fault-plan.ts';
import { seedGenesis } from '../../local/chain/core/genesis.ts';
import { type Chain, startChain } from '../../local/chain/start-chain.ts';
import { keyFile } from '../../local/start/keys.ts';
import type { NodeTransaction } from '../recorded/expected-roots.ts';
import type { Env } from './platform.ts';

const PROGRAM = 'GnGzNdsQMxMpJfMeqnkGPsvHm8kwaDidiKjNU2dCVZop';

export interface LiveChain {
  readonly chain: Chain;
  /** Variables that point the roles and the traffic at it. */
  readonly env: Env;
  /** Every finalised transaction that mentions the program, oldest first, as the chain answers it. */
  history(): Promise<NodeTransaction[]>;
}

export type Consensus = 'tower' | 'alpenglow';

export interface LiveChainOptions {
  readonly faults?: FaultPlan | undefined;
  /** Default: as AO_TEST_CONSENSUS says, else TowerBFT, where more can go wrong. */
  readonly consensus?: Consensus | undefined;
}

/** @throws TypeError for an unknown AO_TEST_CONSENSUS. */
function wantedConsensus(): Consensus {
  const { AO_TEST_CONSENSUS: wanted = 'tower' } = process.env;
  if (wanted === 'tower' || wanted === 'alpenglow') return wanted;
  throw new TypeError(`AO_TEST_CONSENSUS is ${wanted}: it must be tower or alpenglow`);
}

/** @param dir Where its keys are written. */
export async function startLiveChain(dir: string, options: LiveChainOptions = {}): Promise<LiveChain> {
  const { faults, consensus = wantedConsensus() } = options;
  const admin = keyFile(dir, 'admin');
  const address = admin.keypair.publicKey.toBase58();
  const { accounts, mint } = seedGenesis({ admin: address, publisher: address, funded: [address] });
  const chain = await startChain({
    slotMs: 100,
    blockTimeMs: 400,
    finalitySlots: 8,
    alpenglowGenesisSlot: consensus === 'alpenglow' ? 0 : 'never',
    accounts,
    seed: 'live',
    ...(faults === undefined ? {} : { faults }),
  });
  return {
    chain,
    env: {
      ANCHOR_PROVIDER_URL: chain.rpcUrl,
      ANCHOR_WS_URL: chain.wsUrl,
      MINT_PUBKEY: mint,
      SETTLEMENT_KEYPAIR: join(dir, 'admin.json'),
      TRAFFIC_ADMIN_KEYPAIR: admin.path,
      AUTO_PUBLISH: 'true',
    },
    history: () => historyOf(chain),
  };
}

/** @param rpcUrl Of any chain that has the program. */
export async function historyOf({ rpcUrl }: Pick<Chain, 'rpcUrl'>): Promise<NodeTransaction[]> {
  const call = async <Result>(method: string, params: unknown[]): Promise<Result> => {
    const response = await fetch(rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as { result?: Result; error?: { message: string } };
    if (result === undefined) throw new Error(`${method}: ${error?.message}`);
    return result;
  };
  const signatures: string[] = [];
  for (let before: string | undefined; ; before = signatures.at(-1)) {
    const page = { commitment: 'finalized', limit: 1000, ...(before === undefined ? {} : { before }) };
    const rows = await call<{ signature: string }[]>('getSignaturesForAddress', [PROGRAM, page]);
    signatures.push(...rows.map(({ signature }) => signature));
    if (rows.length < 1000) break;
  }
  const config = { commitment: 'finalized', encoding: 'json', maxSupportedTransactionVersion: 1 };
  return Promise.all(
    signatures.reverse().map((signature) => call<NodeTransaction>('getTransaction', [signature, config])),
  );
}
