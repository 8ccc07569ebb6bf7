/** Asks a channel's history where ledger and ring do not show that a root's claims are new, and remembers the answer. */

import { type ClaimsVerdict, foreignSlots, judgeClaims } from './double-payment.ts';
import type { PlacedRoot } from './lane.ts';
import type { ChannelHistory, Ring } from './ports.ts';
import type { Reason } from './reasons.ts';
import type { RpcGate } from './rpc-gate.ts';

interface Asked {
  readonly history: ChannelHistory;
  /** What stood in the ring then and is not ours: another one asks for another look. */
  readonly foreign: string;
}

export class ClaimsGuard {
  readonly #rpc: RpcGate;
  readonly #asked = new Map<string, Asked>();

  constructor(rpc: RpcGate) {
    this.#rpc = rpc;
  }

  /** Why a root must not be published; undefined when its claims stand nowhere else. @throws RpcPaused, CallFailed */
  async whyNot(at: PlacedRoot, ring: Ring, payer: string | undefined): Promise<Reason | undefined> {
    const evidence = { published: at.lane.published, ring, payer };
    const known = judgeClaims(at.root, { ...evidence, history: undefined });
    if (known.kind !== 'askHistory') return reasonOf(known);
    return reasonOf(judgeClaims(at.root, { ...evidence, history: await this.#history(at, ring) }));
  }

  /** Whether this very root was published once, although the ring holds it no more. @throws RpcPaused, CallFailed */
  async wasPublished(at: PlacedRoot, ring: Ring): Promise<boolean> {
    const { publications } = await this.#history(at, ring);
    return publications.some(({ epoch, root }) => epoch === at.root.epoch && root === at.root.root);
  }

  async #history({ root, lane }: PlacedRoot, ring: Ring): Promise<ChannelHistory> {
    const foreign = foreignSlots(root, { published: lane.published, ring, payer: undefined })
      .map((slot) => `${slot.epoch}/${slot.root}`)
      .join();
    const known = this.#asked.get(root.channel);
    if (known !== undefined && known.foreign === foreign && known.history.sinceSlot <= root.startSlot) {
      return known.history;
    }
    const history = await this.#rpc.call('channelHistory', (chain) =>
      chain.channelHistory(root.channel, root.startSlot),
    );
    this.#asked.set(root.channel, { history, foreign });
    return history;
  }
}

function reasonOf(verdict: ClaimsVerdict): Reason | undefined {
  return verdict.kind === 'hold' ? verdict.reason : undefined;
}
