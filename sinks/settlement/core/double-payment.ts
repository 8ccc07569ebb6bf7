/**
 * Whether the claims of a root stand on chain already under another epoch: each epoch has a bitmap of its own, so publishing
 * them again would let fans claim a second time. Shown, never assumed: by the ledger, the ring and the channel's history.
 */

import type { ChannelHistory, Ring, RingSlotView } from './ports.ts';
import type { PublishedRoot, PublishedRoots, RootSlots } from './published-roots.ts';
import type { Reason } from './reasons.ts';
import { usedSlots } from './ring-verdict.ts';
import type { RootToSettle } from './root-job.ts';

export type ClaimsVerdict =
  | { readonly kind: 'free' }
  /** Only the channel's history can tell. */
  | { readonly kind: 'askHistory' }
  | { readonly kind: 'hold'; readonly reason: Reason };

export interface ClaimsEvidence {
  readonly published: PublishedRoots;
  readonly ring: Ring;
  /** Since the root's first slot, or longer; undefined while it was not asked for. */
  readonly history: ChannelHistory | undefined;
  /** Who signs for us. */
  readonly payer: string | undefined;
}

export function judgeClaims(root: RootToSettle, evidence: ClaimsEvidence): ClaimsVerdict {
  const ours = evidence.published.onChain(root.channel);
  for (const other of ours.values()) {
    if (other.epoch !== root.epoch && sharesClaims(root, other)) return hold(doubleHold(root, other.epoch));
  }
  const { history } = evidence;
  if (history === undefined) return isShownByRing(root, evidence, ours) ? { kind: 'free' } : { kind: 'askHistory' };
  return judgeUntold(root, evidence, history) ?? judgeForeign(root, evidence, history) ?? { kind: 'free' };
}

/** Roots in the ring of which neither ledger nor root record tells. */
export function foreignSlots(root: RootToSettle, { published, ring }: Omit<ClaimsEvidence, 'history'>): RingSlotView[] {
  return usedSlots(ring).filter(({ epoch }) => epoch !== root.epoch && !published.knows(root.channel, epoch));
}

/** Roots of one numbering follow each other; two of two numberings may be over the same slots. */
function sharesClaims(root: RootToSettle, other: PublishedRoot): boolean {
  return other.slots === undefined ? other.root === root.root : overlaps(root, other.slots);
}

function overlaps(a: RootSlots, b: RootSlots): boolean {
  return a.startSlot <= b.endSlot && b.startSlot <= a.endSlot;
}

/** Nobody else's root is in the ring, and what former roots it has lost was published before this root's first event. */
function isShownByRing(
  root: RootToSettle,
  evidence: ClaimsEvidence,
  ours: ReadonlyMap<bigint, PublishedRoot>,
): boolean {
  const used = usedSlots(evidence.ring);
  if (used.length === 0) return true;
  if (foreignSlots(root, evidence).length > 0) return false;
  return used.every(({ epoch }) => epoch === root.epoch || ours.has(epoch)) && isYoungerThanRing(root, used, ours);
}

function isYoungerThanRing(
  { startSlot }: RootToSettle,
  used: readonly RingSlotView[],
  ours: ReadonlyMap<bigint, PublishedRoot>,
): boolean {
  return used.some(({ epoch }) => {
    const landedSlot = ours.get(epoch)?.landedSlot;
    return typeof landedSlot === 'number' && landedSlot < startSlot;
  });
}

/** Roots in the ring that the history does not tell of. Older than the root's first slot, where the history reaches so far. */
function judgeUntold(
  root: RootToSettle,
  evidence: ClaimsEvidence,
  { publications, complete }: ChannelHistory,
): ClaimsVerdict | undefined {
  const told = new Set(publications.map(({ epoch }) => epoch));
  const untold = foreignSlots(root, evidence).filter(({ epoch }) => !told.has(epoch));
  if (complete === 'since') return undefined;
  const same = untold.find((slot) => slot.root === root.root);
  if (same !== undefined) return hold(doubleHold(root, same.epoch));
  return untold.length > 0 && complete === 'no' ? hold(incompleteHold(root, untold)) : undefined;
}

/** Roots that others published, or we under another ledger. A claim can only be in a root that was published after it. */
function judgeForeign(
  root: RootToSettle,
  { published, payer }: ClaimsEvidence,
  { publications }: ChannelHistory,
): ClaimsVerdict | undefined {
  const possible = publications.filter(
    ({ epoch, slot, createsAccount }) =>
      epoch !== root.epoch && !published.knows(root.channel, epoch) && slot > root.startSlot && !createsAccount,
  );
  const same = possible.find((other) => other.root === root.root);
  if (same !== undefined) return hold(doubleHold(root, same.epoch));
  const own = possible.find(({ signer }) => signer === payer);
  return own === undefined ? undefined : hold(perhapsHold(root, own.epoch));
}

function hold(reason: Reason): ClaimsVerdict {
  return { kind: 'hold', reason };
}

function doubleHold({ channel, epoch, startSlot, endSlot }: RootToSettle, other: bigint): Reason {
  return {
    code: 'CLAIMS_ON_CHAIN',
    text: `the claims of this root (slots ${startSlot} to ${endSlot}) stand on chain already, in the root of epoch ${other}; under epoch ${epoch} they could be claimed a second time, so it is never published. SETTLEMENT_GIVE_UP=${channel}:${epoch} passes it over`,
  };
}

function perhapsHold({ channel, epoch, startSlot, endSlot }: RootToSettle, other: bigint): Reason {
  return {
    code: 'CLAIMS_MAYBE_ON_CHAIN',
    text: `the settlement key has published epoch ${other} of ${channel} after slot ${startSlot}, and this ledger does not know it: a deployment with another ledger may have settled the claims of slots ${startSlot} to ${endSlot} already. Go on with that ledger, or pass the epochs that it has settled over by SETTLEMENT_GIVE_UP=${channel}:${epoch}`,
  };
}

function incompleteHold({ channel, epoch, startSlot, endSlot }: RootToSettle, untold: readonly RingSlotView[]): Reason {
  return {
    code: 'CHANNEL_HISTORY_INCOMPLETE',
    text: `the ring of ${channel} holds epoch ${untold[0]?.epoch} of somebody else, and the node no longer tells when it was published: it may hold the claims of slots ${startSlot} to ${endSlot}. Name a node with the whole history in ANCHOR_PROVIDER_URL, or pass this root over by SETTLEMENT_GIVE_UP=${channel}:${epoch}`,
  };
}
