/** The local chain with a protocol, fans and publishers: whoever sends to it is another process, as it is anywhere. */

import { PROGRAM_ID } from '@attention-oracle/sdk';
import { seedGenesis } from '../../local/chain/core/genesis.ts';
import { type Chain, startChain } from '../../local/chain/start-chain.ts';
import { answerParent } from '../measure/child-process.ts';

let chain: Chain;

answerParent({
  /** @returns where it answers, and the mint of the protocol. */
  start: async (options: { slotMs: number; alpenglow: boolean; admin: string; fan: string }) => {
    const { slotMs, alpenglow, admin, fan } = options;
    const { accounts, mint } = seedGenesis({ admin, publisher: admin, funded: [fan] });
    const features = { unpaidFailures: true };
    chain = await startChain({ accounts, slotMs, alpenglowGenesisSlot: alpenglow ? 0 : 'never', features });
    return { rpcUrl: chain.rpcUrl, wsUrl: chain.wsUrl, mint };
  },
  finalizedSlot: async () => chain.call('getSlot', [{ commitment: 'finalized' }]),
  /** How many of the newest transactions of the program failed. */
  failedAmongNewest: async () => {
    const { text } = chain.call('getSignaturesForAddress', [PROGRAM_ID, { limit: 1000 }]) as { text: string };
    return (JSON.parse(text) as { err: unknown }[]).filter(({ err }) => err !== null).length;
  },
});
