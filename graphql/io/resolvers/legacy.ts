/** Resolvers of what the legacy system left: never mixed with ours. */

import { badInput } from '../../core/cursor.ts';
import { channelName, isStoredEpoch } from '../../core/names.ts';
import type { Resolvers } from '../../resolvers.generated.ts';
import { legacyClaims, legacyProof, legacyRoots } from '../store/legacy.ts';

const MOST_ROWS = 100;

export const legacyResolvers: Resolvers = {
  Query: {
    legacyClaims(_parent, { user, channel, first, before }, { read }) {
      const name = channel == null ? undefined : channelName(channel);
      if (first < 1 || first > MOST_ROWS) throw badInput(`first must be from 1 to ${MOST_ROWS}.`);
      if (before != null && !/^\d{1,9}$/.test(before)) throw badInput('before must be the id of a row.');
      if ((channel != null && name === undefined) || channelName(user) === undefined) return [];
      const page = { first, before: before == null ? undefined : Number(before) };
      return read(`legacy-claims/${user}/${name ?? ''}/${first}/${before ?? ''}`, (pool) =>
        legacyClaims(pool, user, name, page),
      );
    },
    legacyRoots(_parent, { channel, epoch }, { read }) {
      const name = channelName(channel);
      if (name === undefined || !isStoredEpoch(epoch)) return [];
      return read(`legacy-roots/${name}/${epoch}`, (pool) => legacyRoots(pool, name, epoch));
    },
    async legacyProof(_parent, { tree, channel, epoch, index }, { read }) {
      const name = channelName(channel);
      if (name === undefined || !isStoredEpoch(epoch)) return null;
      const kind = tree === 'CLAIMS' ? 'claims' : 'participation';
      const found = await read(`legacy-proof/${kind}/${name}/${epoch}/${index}`, (pool) =>
        legacyProof(pool, kind, name, epoch, index),
      );
      return found === undefined ? null : { ...found, proof: [...found.proof] };
    },
  },
};
