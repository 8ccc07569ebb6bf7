/** Reads that both GraphQL and REST serve, by whatever a client calls a channel and an epoch. */

import { eventIdentity, rootIdentity } from '../../runtime/tracing/identities.ts';
import { answersWith } from '../../runtime/tracing/tracer.ts';
import type { PageRequest } from '../core/cursor.ts';
import { channelName, isEventId, isStoredEpoch } from '../core/names.ts';
import type { ClaimView, EpochView, RootView } from '../core/views.ts';
import type { GatewayContext } from './context.ts';
import { claimByEventId, claimsOfUser } from './store/claims.ts';
import { epochOf } from './store/epochs.ts';
import { type RootFilter, rootOf, rootsPage } from './store/roots.ts';

const pageKey = ({ size, isBackward, after, before }: PageRequest): string =>
  `${isBackward ? 'last' : 'first'}${size}/${after?.join('|') ?? ''}/${before?.join('|') ?? ''}`;

export async function readRoot(
  { read }: GatewayContext,
  channel: string,
  epoch: bigint,
): Promise<RootView | undefined> {
  const name = channelName(channel);
  if (name === undefined || !isStoredEpoch(epoch)) return undefined;
  answersWith(() => rootIdentity(name, epoch));
  return read(`root/${name}/${epoch}`, (pool) => rootOf(pool, name, epoch));
}

export async function readEpoch({ read }: GatewayContext, epoch: bigint): Promise<EpochView | undefined> {
  return isStoredEpoch(epoch) ? read(`epoch/${epoch}`, (pool) => epochOf(pool, epoch)) : undefined;
}

export async function readClaim({ read }: GatewayContext, eventId: string): Promise<ClaimView | undefined> {
  if (!isEventId(eventId)) return undefined;
  answersWith(() => eventIdentity(eventId));
  return read(`claim/${eventId}`, (pool) => claimByEventId(pool, eventId));
}

/** Claims of a user, newest first, a backward page the other way round; one row more than asked for. */
export async function readClaims(
  { read, claimPages }: GatewayContext,
  user: string,
  channel: string | null | undefined,
  page: PageRequest,
): Promise<ClaimView[]> {
  const name = channel == null ? undefined : channelName(channel);
  if (channel != null && name === undefined) return [];
  const isNewest = name === undefined && page.after === undefined && page.before === undefined && !page.isBackward;
  return read(`claims/${user}/${name ?? ''}/${pageKey(page)}`, (pool) =>
    isNewest ? claimPages.newest(user, page.size + 1) : claimsOfUser(pool, user, name, page),
  );
}

/** Roots, newest epoch first, a backward page the other way round; one row more than asked for. */
export async function readRoots(
  { read }: GatewayContext,
  { channel, ...filter }: RootFilter,
  page: PageRequest,
): Promise<RootView[]> {
  const name = channel === undefined ? undefined : channelName(channel);
  if (channel !== undefined && name === undefined) return [];
  const key = `roots/${name ?? ''}/${filter.status ?? ''}/${filter.epoch ?? ''}/${pageKey(page)}`;
  return read(key, (pool) => rootsPage(pool, { ...filter, channel: name }, page));
}
